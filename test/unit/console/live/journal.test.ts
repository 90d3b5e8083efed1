import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Journal, type Topic, topics } from '../../../../services/console/live/journal.ts'

const everything = { topics: new Set<Topic>(topics), filter: { subscription: undefined, state: undefined } }
const patch = (at: number) => ({ topic: 'state' as const, patch: { at } })

const delivery = (at: number) => ({ subscription: 'billing', state: 'delivered', isNotable: false, data: { at } })
const deliveries = (count: number) => ({
  topic: 'deliveries' as const,
  batch: { kept: Array.from({ length: count }, (_, at) => delivery(at)), more: new Map<string, number>() },
})

test('a message of each kind has the form of an event stream, and the last one of a happening has the id', () => {
  const journal = new Journal('e')
  assert.equal(journal.add(patch(1))(everything), 'id: e.1\nevent: state-patch\ndata: {"at":1}\n\n')
  const text = journal.add(deliveries(2))(everything)
  assert.equal(text, 'event: delivery\ndata: {"at":0}\n\nid: e.2\nevent: delivery\ndata: {"at":1}\n\n')
})

test('who asked for other topics, or for another subscription, is sent nothing', () => {
  const journal = new Journal('e')
  assert.equal(journal.add(patch(1))({ ...everything, topics: new Set(['jobs']) }), '')
  const other = { ...everything, filter: { subscription: 'audit', state: undefined } }
  assert.equal(journal.add(deliveries(100))(other), '')
})

test('more deliveries than anybody reads are counted', () => {
  const text = new Journal('e').add(deliveries(500))(everything)
  assert.equal(text.match(/event: delivery\n/g)?.length, 25)
  assert.match(text, /id: e\.1\nevent: deliveries-omitted\ndata: \{"count":475\}\n\n$/)
})

test('who comes back hears exactly what it has missed', () => {
  const journal = new Journal('e')
  const start = journal.cursor()
  const sent = [patch(1), deliveries(30), patch(2)].map((happening) => journal.add(happening)(everything))
  assert.equal(journal.since(start, everything), sent.join(''))
  assert.equal(journal.since('e.1', everything), sent.slice(1).join(''))
  assert.equal(journal.since(journal.cursor(), everything), '')
})

test('a cursor that is too old, of another journal, of the future or no cursor means nothing', () => {
  const journal = new Journal('e')
  for (let at = 0; at < 241; at += 1) journal.add(patch(at))
  for (const cursor of ['e.0', 'f.241', 'e.242', 'e.', 'e.x', '', 'e.1.2', 'e.-1']) {
    assert.equal(journal.since(cursor, everything), null, cursor)
  }
  assert.notEqual(journal.since('e.1', everything), null)
})

test('what is kept is bounded in size, too', () => {
  const journal = new Journal('e')
  const large = { topic: 'state' as const, patch: { text: 'x'.repeat(1024 * 1024) } }
  for (let at = 0; at < 20; at += 1) journal.add(large)
  assert.equal(journal.since('e.5', everything), null)
  assert.notEqual(journal.since('e.18', everything), null)
})
