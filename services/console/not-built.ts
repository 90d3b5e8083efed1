import type { FieldFault } from '#shared/errors.ts'

type Rule = { pointer: string; asked(value: unknown): boolean; detail: string }

/** What the API describes and this version refuses, so that nothing is ever stored and ignored. */
const subscriptionRules: readonly Rule[] = []

const replayRules: readonly Rule[] = [
  { pointer: '/filter', asked: isGiven, detail: 'filters are not built yet: every event of the range is delivered' },
]

export const notBuiltRules = { subscription: subscriptionRules, replay: replayRules, none: [] as Rule[] }

/** The members whose value asks for something this version cannot honour. */
export function notBuiltFaults(body: unknown, rules: readonly Rule[]): FieldFault[] {
  return rules
    .filter(({ pointer, asked }) => asked(valueAt(body, pointer)))
    .map(({ pointer, detail }) => ({ pointer, code: 'not-built', detail, fix: 'leave it out' }))
}

function valueAt(body: unknown, pointer: string): unknown {
  return pointer
    .split('/')
    .slice(1)
    .reduce<unknown>((value, name) => (isObject(value) ? Reflect.get(value, name) : undefined), body)
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
