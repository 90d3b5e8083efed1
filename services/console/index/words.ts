import type { DatabaseSync } from 'node:sqlite'

/** Texts that repeat (URLs of targets, names of instances, content types) by number. */
export type Words = { numberOf(text: string): number }

/** Looked up again when there are more. */
const mostInMemory = 20_000

export function openWords(db: DatabaseSync): Words {
  const known = new Map<string, number>()
  const find = db.prepare('SELECT id FROM words WHERE text = ?')
  const add = db.prepare('INSERT INTO words (text) VALUES (?)')
  return {
    numberOf(text) {
      const number = known.get(text)
      if (number !== undefined) return number
      const found = find.get(text)?.id
      const made = typeof found === 'number' ? found : Number(add.run(text).lastInsertRowid)
      if (known.size >= mostInMemory) known.clear()
      known.set(text, made)
      return made
    },
  }
}
