import { patchable } from './patched-client.ts'

type Question = { topics: readonly string[]; allowAutoTopicCreation?: boolean }
type Exchange = { request: unknown; response: { parse(answer: unknown): Promise<unknown> } }
/** What the patch uses of kafkajs/src/protocol/requests/metadata. */
export type Metadata = { protocol(of: { version: number }): (question: Question) => Exchange }

/**
 * Lets the question that names no topic be answered while some topic has no leader. Whoever does not know a topic yet asks
 * it, to learn the brokers: every new producer, every new admin. kafkajs puts it as a question about all topics, and one
 * leaderless partition makes it throw the whole answer away. So one dead broker that had the only replica of anybody's
 * topic kept every other topic from being written, described, created, and its committed offsets from being read. Of a
 * topic that was asked for by name errors count as before. False, and nothing changed, for an unknown version.
 */
export function patchMetadata(): boolean {
  const metadata = patchable<Metadata & { [mark]?: true }>('protocol/requests/metadata')
  if (metadata === null) return false
  if (metadata[mark] === undefined) Object.assign(metadata, { protocol: forgiving(metadata.protocol), [mark]: true })
  return true
}

const mark = Symbol('answers without topics')

function forgiving(protocol: Metadata['protocol']): Metadata['protocol'] {
  return (of) => {
    const exchangeOf = protocol(of)
    return (question) => {
      const { request, response } = exchangeOf(question)
      const parse = question.topics.length === 0 ? async (answer: unknown) => answer : response.parse
      return { request, response: { ...response, parse } }
    }
  }
}
