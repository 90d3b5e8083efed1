import { hash } from 'node:crypto'

/** 48 bits that stand for a text in an index: among a million texts two are alike once in 500 times. */
export function hashOf(text: string): number {
  return hash('sha1', text, 'buffer').readUIntBE(0, 6)
}

export const hashOrNull = (text: string | null): number | null => (text === null ? null : hashOf(text))
