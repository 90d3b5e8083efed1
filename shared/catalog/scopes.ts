import { namePattern } from './names.ts'

const streamName = namePattern.slice(1, -1)

/** `publish:<stream|*>`, `consume:<stream|*>`, `read`, `operate`, `manage`. */
export const scopePattern = `^(read|operate|manage|(publish|consume):(\\*|${streamName}))$`

/** What the first admin key may do: everything. */
export const adminScopes: readonly string[] = ['publish:*', 'consume:*', 'manage']

const includedIn: Readonly<Record<string, readonly string[]>> = {
  read: ['read', 'operate', 'manage'],
  operate: ['operate', 'manage'],
}

/** Whether a key with `scopes` may do what `needed` names: manage ⊃ operate ⊃ read; `publish:*` ⊃ `publish:orders`. */
export function allows(scopes: readonly string[], needed: string): boolean {
  const [verb] = needed.split(':')
  const enough = needed.includes(':') ? [needed, `${verb}:*`] : (includedIn[needed] ?? [needed])
  return enough.some((scope) => scopes.includes(scope))
}
