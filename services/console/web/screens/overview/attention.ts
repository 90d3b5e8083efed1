import type { DeadLetterGroup, DeadLetterSummary } from '../../api/job-shapes.ts'
import type { Problem, State } from '../../api/state-shapes.ts'
import type { IconName } from '../../parts/sprite.tsx'
import { listPath, paths, subscriptionPath } from '../../router/paths.ts'
import { count, counted } from '../../words/numbers.ts'
import { wordsOfCause, wordsOfCode } from '../../words/states.ts'
import { span } from '../../words/times.ts'

/** One thing someone may have to act on: what broke, since when, what to do, and what is not affected. */
export type Attention = {
  id: string
  kind: 'is-held' | 'is-silt' | 'is-fail' | 'slim'
  icon: IconName
  tone: 'held' | 'silt' | 'fail' | ''
  title: string
  text: string
  since: string | null
  todo: string
  action: { label: string; href: string } | null
}

const mostGroups = 3
/** A cause that was quiet for longer needs no one at once: such ones share a line. */
const quietMs = 60 * 60_000

/** Worst first: what the state calls a problem, then why events died, then what is paused on purpose. */
export function attentionOf(state: State, summary: DeadLetterSummary | undefined): Attention[] {
  const isTold = state.problems.some(({ code }) => code.startsWith('dead-letter'))
  const groups = isTold ? [] : (summary?.groups ?? [])
  const recent = groups.filter(({ lastAt }) => Date.now() - Date.parse(lastAt) < quietMs).slice(0, mostGroups)
  const older = groups.filter((group) => !recent.includes(group))
  return [
    ...state.problems.map((problem) => ofProblem(problem, state)),
    ...recent.map(ofGroup),
    ...ofOlder(older),
    ...pausedOf(state),
  ]
}

function ofProblem(problem: Problem, state: State): Attention {
  const { code, subject, since, what, fix } = problem
  const subscription = /^subscription (.+)$/.exec(subject)?.[1]
  const isHeld = code === 'subscription-held'
  return {
    ...{ id: `${code} ${subject}`, since, todo: fix },
    ...(isHeld ? ({ kind: 'is-held', icon: 'gatedown', tone: 'held' } as const) : lookOf(code)),
    title: titleOf(problem, subscription),
    text: isHeld && subscription !== undefined ? heldText(state, subscription, what) : what,
    action:
      subscription === undefined
        ? null
        : {
            label: 'Open',
            href: code.startsWith('dead-letter')
              ? listPath(paths.deadLetters, { subscription })
              : subscriptionPath(subscription),
          },
  }
}

const silt = { kind: 'is-silt', icon: 'dlq', tone: 'silt' } as const
const fail = { kind: 'is-fail', icon: 'failed', tone: 'fail' } as const
const lookOf = (code: string) => (code.startsWith('dead-letter') ? silt : fail)

const titles: Readonly<Record<string, (name: string) => string>> = {
  'subscription-held': (name) => `${name} is held: no target takes events`,
  'subscription-failed': (name) => `${name} has stopped: it failed`,
  'subscription-paused': (name) => `${name} paused itself`,
  'target-left-out': (name) => `A target of ${name} is left out`,
}

function titleOf({ code, subject }: Problem, subscription: string | undefined): string {
  if (subscription === undefined) return `${capital(subject)}: ${code.replaceAll('-', ' ')}`
  return titles[code]?.(subscription) ?? `${subscription}: ${code.replaceAll('-', ' ')}`
}

const capital = (text: string) => text.slice(0, 1).toUpperCase() + text.slice(1)

/** The count moves with the live state; the sentence of the problem may be a second older. */
function heldText(state: State, name: string, what: string): string {
  const subscription = state.subscriptions.find((one) => one.name === name)
  const error = subscription?.targets.map(({ lastError }) => lastError).find((one) => one)
  if (subscription?.lagEvents === null || subscription?.lagEvents === undefined) return what
  const why = error ? ` Last answer: ${error}.` : ''
  return `${counted(subscription.lagEvents, 'delivery waits', 'deliveries wait')} in order.${why} Nothing is lost, no attempt is used up, the other subscriptions go on.`
}

function ofGroup({ subscription, cause, code, count: many, firstAt, lastAt }: DeadLetterGroup): Attention {
  const quiet = Math.floor((Date.now() - Date.parse(lastAt)) / 1000)
  return {
    ...{ id: `dead ${subscription} ${cause} ${code}`, ...silt, since: firstAt },
    title: `${counted(many, 'event')} of ${subscription} died for one reason`,
    text: `${capital(wordsOfCode(code))}, ${wordsOfCause(cause)}. The last one ${span(quiet)} ago. The other events go on.`,
    todo: 'Mend the receiver, then redrive the group; nothing is sent before a dry run.',
    action: { label: 'Review and redrive', href: listPath(paths.deadLetters, { subscription, cause }) },
  }
}

function ofOlder(groups: readonly DeadLetterGroup[]): Attention[] {
  if (groups.length === 0) return []
  const many = groups.reduce((sum, group) => sum + group.count, 0)
  return [
    {
      ...{ id: 'older dead letters', kind: 'slim', icon: 'dlq', tone: '', text: '' },
      title: `${counted(many, 'older dead letter')} of ${counted(groups.length, 'cause')}`,
      since: groups.map(({ firstAt }) => firstAt).sort()[0] ?? null,
      todo: 'Kept until redriven, discarded or expired.',
      action: { label: 'Open', href: paths.deadLetters },
    },
  ]
}

function pausedOf({ subscriptions, problems }: State): Attention[] {
  return subscriptions
    .filter(
      ({ name, phase }) => phase === 'paused' && !problems.some(({ subject }) => subject === `subscription ${name}`),
    )
    .map(({ name, lagEvents }) => ({
      ...{
        id: `paused ${name}`,
        kind: 'slim' as const,
        icon: 'paused' as const,
        tone: '' as const,
        since: null,
        text: '',
      },
      title: `${name} is paused`,
      todo: `On purpose. ${count(lagEvents)} events wait in the log.`,
      action: { label: 'Open', href: subscriptionPath(name) },
    }))
}
