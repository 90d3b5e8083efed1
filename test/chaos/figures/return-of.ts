import { type Facts, succeeded } from '../check/facts.ts'

/** When deliveries succeeded after `returnedNs`: the first, and the last of an event that was published before, in ms. */
export function returnOf({ publications, receipts }: Facts, subscription: string, returnedNs: number) {
  const moments = [...(receipts.get(subscription) ?? [])].flatMap(([id, some]) => {
    const isOld = (publications.get(id)?.ns ?? 0) < returnedNs
    return isOld ? some.filter((one) => succeeded(one) && one.ns >= returnedNs).map(({ ns }) => ns) : []
  })
  moments.sort((a, b) => a - b)
  const msAfter = (ns = Number.POSITIVE_INFINITY) => (ns - returnedNs) / 1e6
  return { firstMs: msAfter(moments[0]), drainMs: msAfter(moments.at(-1)), waited: moments.length }
}
