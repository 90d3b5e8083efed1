/**
 * The rules that keep the protocol safe. A test may drop one to see that the checker then finds a lost event or a broken
 * order; the product drops none.
 */
export type DroppedRules = {
  /** The stream partition is read only after the retry partition was read up to the own fence. */
  readonly gate?: true
  /** The fence is appended only after the committed state was fetched. */
  readonly fetchBeforeFence?: true
  /** A park counts whoever wrote it and wherever it stands. */
  readonly keepForeign?: true
  /** A stream offset is finished by the acknowledgement of its park or dead letter, not by sending it. */
  readonly finishAfterAck?: true
  /** An event is parked only when every earlier event of its queue is, or is ahead of it in the same lane. */
  readonly followersInOrder?: true
  /** Answers, acknowledgements and fetches of an older epoch change nothing. */
  readonly ignoreOlderEpochs?: true
  /** What ended before the stream half came to it is not delivered again: trims duplicates only. */
  readonly forgetEarlyEnds?: true
  /** The invariants throw when they are broken. */
  readonly invariants?: true
}
