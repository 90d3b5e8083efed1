import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { evictMembers } from '#shared/kafka/evict.ts'
import { testBrokers, uniqueName } from '../../support/dependencies.ts'
import { besideTarget } from '../../support/targets.ts'
import { until } from '../../support/until.ts'
import { adminFor, longSessionMs, memberFor, type ObservedMember, topicFor } from './fixture.ts'

/** Two members that share 4 partitions, one of them in another process. */
async function sharing(t: TestContext) {
  const admin = await adminFor(t)
  const topic = await topicFor(t, admin, { partitions: 4 })
  const groupId = `${topic}-group`
  const member = memberFor(t, { groupId, topics: [topic], sessionTimeoutMs: longSessionMs })
  const clientId = uniqueName('mortal')
  const mortal = fork(join(import.meta.dirname, 'member-process.ts'), [groupId, topic, clientId, `${longSessionMs}`])
  t.after(() => mortal.kill('SIGKILL'))
  await until('they share', () => member.owned()?.length === 2)
  return { member, mortal, clientId, groupId }
}

async function kill(mortal: ChildProcess): Promise<number> {
  mortal.kill('SIGKILL')
  await once(mortal, 'exit')
  return performance.now()
}

const hasAll = (member: ObservedMember) => member.owned()?.length === 4

test('partitions of a killed member move at once, whatever its session, named by the prefix of its groups', async (t) => {
  const { member, mortal, clientId, groupId } = await sharing(t)
  const killedAt = await kill(mortal)
  assert.equal(await evictMembers(testBrokers(), groupId.slice(0, -2), clientId), 1)
  await until('the survivor has all', () => hasAll(member))
  t.diagnostic(besideTarget('moved after the death', performance.now() - killedAt, 1_000))
})

test('evicts from groups given by their ids, and only members whose client id matches', async (t) => {
  const { member, mortal, clientId, groupId } = await sharing(t)
  assert.equal(await evictMembers(testBrokers(), [groupId], uniqueName('nobody')), 0)
  await kill(mortal)
  assert.equal(await evictMembers(testBrokers(), [groupId], clientId), 1)
  await until('the survivor has all', () => hasAll(member))
  assert.equal(await evictMembers(testBrokers(), [groupId], clientId), 0)
})

test('a living member that is evicted by mistake comes back', async (t) => {
  const { member, clientId, groupId } = await sharing(t)
  const joins = member.assignments.length
  assert.equal(await evictMembers(testBrokers(), [groupId], clientId), 1)
  await until('both have joined again', () => member.assignments.length > joins && member.owned()?.length === 2)
})

test('an evicted member that joins again commits nothing over what its successor has done', async (t) => {
  const admin = await adminFor(t)
  const topic = await topicFor(t, admin, { partitions: 1 })
  const groupId = `${topic}-group`
  const commits: Promise<string>[] = []
  const onRevoking = ({ keeper, assignments }: ObservedMember) => {
    const epoch = assignments.at(-1)?.epoch ?? 0
    commits.push(keeper.commit(epoch, [{ topic, partition: 0, offset: 5, metadata: 'of the evicted one' }]))
  }
  const member = memberFor(t, { groupId, topics: [topic], onRevoking })
  await until('it is assigned', () => member.owned()?.length === 1)
  assert.equal(await evictMembers(testBrokers(), [groupId], member.clientId), 1)
  await until('it has joined again', () => member.assignments.length === 2)
  assert.equal(await commits[0], 'stale')
  assert.deepEqual(await member.keeper.fetchCommitted(), [{ topic, partition: 0, offset: null, metadata: '' }])
})

test('gives up calmly when no broker answers', async () => {
  assert.equal(await evictMembers(['127.0.0.1:1'], 'any', 'any'), 0)
})
