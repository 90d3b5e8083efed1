import { styleText } from 'node:util'

/** What the user sees while everything starts, and what happens by itself afterwards. */
export type Progress = {
  /** Shows one step until `work` is done, then its result and how long it took. */
  step<T>(name: string, work: () => Promise<T>, result: (value: T) => string): Promise<T>
  /** A line of its own about something that happened. */
  tell(text: string): void
}

type Screen = { isTTY?: boolean; write(text: string): unknown }

const clearLine = '\r\u001B[K'

/** On a terminal the running steps stand in the last line; elsewhere only finished steps are printed. */
export function createProgress(screen: Screen = process.stdout): Progress {
  const running = new Set<string>()
  const erase = () => screen.isTTY && running.size > 0 && screen.write(clearLine)
  const draw = () =>
    screen.isTTY && running.size > 0 && screen.write(styleText('dim', `  … ${[...running].join(', ')}`))
  const line = (text: string) => {
    erase()
    screen.write(`${text}\n`)
    draw()
  }
  const turn = (change: () => void) => {
    erase()
    change()
    draw()
  }
  return {
    tell: (text) => line(`  ${styleText('yellow', '!')} ${text}`),
    async step(name, work, result) {
      const startedAt = performance.now()
      turn(() => running.add(name))
      try {
        const value = await work()
        const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
        turn(() => running.delete(name))
        line(
          `  ${styleText('green', '✓')} ${name.padEnd(14)} ${result(value).padEnd(52)} ${`${seconds} s`.padStart(7)}`,
        )
        return value
      } catch (error) {
        turn(() => running.delete(name))
        throw error
      }
    },
  }
}
