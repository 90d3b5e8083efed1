import { randomInt } from 'node:crypto'

/** Names of streams and subscriptions: what a DNS label allows, so that they fit into topics, groups, paths and headers. */
export const namePattern = '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'

const nameRegExp = new RegExp(namePattern)
const reservedNames: ReadonlySet<string> = new Set(['job', 'ops'])

/** Why `name` cannot be given to a new stream or subscription; undefined when it can. */
export function nameFault(name: string): string | undefined {
  if (!nameRegExp.test(name)) return `a name matches ${namePattern}`
  return reservedNames.has(name) ? `${name} is a reserved name` : undefined
}

const uidAlphabet = 'abcdefghijklmnopqrstuvwxyz0123456789'
const uidLength = 8

/** What tells a subscription from an earlier one of the same name: 41 random bits, in group and topic names. */
export function newUid(): string {
  return Array.from({ length: uidLength }, () => uidAlphabet[randomInt(uidAlphabet.length)]).join('')
}

/** Names of the topics and groups of one installation; all start with its prefix (`tailrace.`). */
export type TopicNames = {
  catalog: string
  deadLetters: string
  /** The group whose one member with a partition runs the jobs. */
  jobRunner: string
  attempts: string
  /** Who changed what. */
  audit: string
  /** Whether a topic belongs to this installation. */
  isOwn(topic: string): boolean
  events(stream: string): string
  retry(subscription: string, uid: string): string
  group(subscription: string, uid: string): string
  /** The subscription that a topic is the retry topic of; undefined for any other topic. */
  subscriptionOf(retryTopic: string): { name: string; uid: string } | undefined
}

/** The one place where names of topics and groups are put together. */
export function topicNames(prefix: string): TopicNames {
  const retryPrefix = `${prefix}retry.`
  return {
    catalog: `${prefix}catalog`,
    deadLetters: `${prefix}dead-letters`,
    jobRunner: `${prefix}job.runner`,
    attempts: `${prefix}attempts`,
    audit: `${prefix}audit`,
    isOwn: (topic) => topic.startsWith(prefix),
    events: (stream) => `${prefix}events.${stream}`,
    retry: (subscription, uid) => `${retryPrefix}${subscription}.${uid}`,
    group: (subscription, uid) => `${prefix}${subscription}.${uid}`,
    subscriptionOf(retryTopic) {
      if (!retryTopic.startsWith(retryPrefix)) return undefined
      // Neither a name nor a uid has a dot.
      const [name, uid, ...more] = retryTopic.slice(retryPrefix.length).split('.')
      return name === undefined || uid === undefined || more.length > 0 ? undefined : { name, uid }
    },
  }
}
