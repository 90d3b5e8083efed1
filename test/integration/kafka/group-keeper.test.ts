import assert from 'node:assert/strict'
import { Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { until } from '../../support/until.ts'
import {
  adminFor,
  lanesFor,
  longSessionMs,
  memberFor,
  type ObservedMember,
  sessionTimeoutMs,
  textRecord,
  topicFor,
  untilHeartbeat,
  valuesOf,
} from './fixture.ts'

const isSplit = (members: ObservedMember[], partitions: number) => {
  const owned = members.map((member) => member.owned())
  return (
    owned.every((list) => list?.length === partitions / members.length) && new Set(owned.flat()).size === partitions
  )
}

test('assigns the same partition numbers of both topics to one member, all of them paused', async (t) => {
  const admin = await adminFor(t)
  const [stream, retry] = [await topicFor(t, admin, { partitions: 6 }), await topicFor(t, admin, { partitions: 6 })]
  const lanes = lanesFor(t, 'shared')
  await lanes.append(stream, 0, textRecord('waits'))
  const groupId = `${stream}-group`
  const members = [
    memberFor(t, { groupId, topics: [stream, retry] }),
    memberFor(t, { groupId, topics: [stream, retry] }),
  ]
  await until('the partitions are split', () => isSplit(members, 6))
  const described = await admin.groupMembers(groupId)
  assert.equal(described.length, 2)
  for (const { clientId, assignment } of described) {
    const member = members.find((one) => clientId.startsWith(one.clientId))
    assert.deepEqual(assignment[stream], member?.owned())
    assert.deepEqual(assignment[retry], member?.owned())
  }
  assert.deepEqual(
    members.flatMap((member) => member.batches),
    [],
  )
})

test('hands over from the offset that was sought, as copies, and stops at a pause', async (t) => {
  const admin = await adminFor(t)
  const topic = await topicFor(t, admin, { partitions: 1 })
  const lanes = lanesFor(t, 'shared')
  await Promise.all(['a', 'b', 'c', 'd'].map((value) => lanes.append(topic, 0, textRecord(value))))
  const member = memberFor(t, { groupId: `${topic}-group`, topics: [topic] })
  await until('it is assigned', () => member.owned()?.length === 1)
  member.keeper.seek(topic, 0, 2)
  member.keeper.resume(topic, [0])
  await until('it has read', () => valuesOf(member, topic, 0).length === 2)
  assert.deepEqual(valuesOf(member, topic, 0), ['c', 'd'])
  assert.equal(member.batches[0]?.highWatermark, 4)
  assert.ok(member.keeper.lastHeartbeatAgeMs() < sessionTimeoutMs)
  member.keeper.pause(topic, [0])
  await lanes.append(topic, 0, textRecord('e'))
  member.keeper.seek(topic, 0, 1)
  await untilHeartbeat(member)
  assert.deepEqual(valuesOf(member, topic, 0), ['c', 'd'])
  member.keeper.resume(topic, [0])
  await until('it reads again', () => valuesOf(member, topic, 0).length === 6)
  assert.deepEqual(valuesOf(member, topic, 0), ['c', 'd', 'b', 'c', 'd', 'e'])
})

test('commits with metadata and reads it back; an older epoch is stale', async (t) => {
  const admin = await adminFor(t)
  const topic = await topicFor(t, admin, { partitions: 2 })
  const groupId = `${topic}-group`
  const member = memberFor(t, { groupId, topics: [topic] })
  await until('it is assigned', () => member.owned()?.length === 2)
  const epoch = member.assignments.at(-1)?.epoch ?? 0
  assert.deepEqual((await member.keeper.fetchCommitted())[0], { topic, partition: 0, offset: null, metadata: '' })
  const entry = { topic, partition: 1, offset: 7, metadata: '1;token;3-5' }
  assert.equal(await member.keeper.commit(epoch, [entry]), 'committed')
  assert.equal(await member.keeper.commit(epoch - 1, [{ ...entry, offset: 8 }]), 'stale')
  assert.deepEqual(await member.keeper.fetchCommitted(), [{ topic, partition: 0, offset: null, metadata: '' }, entry])
  assert.deepEqual((await admin.committed(groupId, topic))[1], { partition: 1, offset: 7, metadata: '1;token;3-5' })
  await member.keeper.stop()
  assert.equal(await member.keeper.commit(epoch, [{ ...entry, offset: 9 }]), 'stale')
  assert.equal((await admin.committed(groupId, topic))[1]?.offset, 7)
  assert.deepEqual(await admin.groupMembers(groupId), [])
})

test('a member hands back before others get what it holds, and commits until then', async (t) => {
  const admin = await adminFor(t)
  const topic = await topicFor(t, admin, { partitions: 2 })
  const group = { groupId: `${topic}-group`, topics: [topic] }
  const handedBack = Promise.withResolvers<void>()
  const happened: string[] = []
  const onRevoking = () => happened.push('revoked')
  const onHandBack = () => {
    happened.push('asked')
    return handedBack.promise
  }
  const first = memberFor(t, { ...group, onHandBack, onRevoking })
  await until('the first is alone', () => first.owned()?.length === 2)
  const epoch = first.assignments.at(-1)?.epoch ?? 0
  const second = memberFor(t, group)
  await until('it is asked', () => happened.length > 0)
  const entry = { topic, partition: 1, offset: 5, metadata: 'last' }
  assert.equal(await first.keeper.commit(epoch, [entry]), 'committed')
  assert.equal(second.owned(), null)
  handedBack.resolve()
  await until('they share', () => isSplit([first, second], 2))
  assert.deepEqual(happened.slice(0, 2), ['asked', 'revoked'])
  assert.equal((await second.keeper.fetchCommitted())[1]?.offset, 5)
})

test('a member that does not hand back in time is not waited for', async (t) => {
  const admin = await adminFor(t)
  const topic = await topicFor(t, admin, { partitions: 2 })
  const group = { groupId: `${topic}-group`, topics: [topic] }
  const first = memberFor(t, { ...group, onHandBack: () => new Promise(() => {}) })
  await until('the first is alone', () => first.owned()?.length === 2)
  const second = memberFor(t, group)
  await until('they share', () => isSplit([first, second], 2))
})

test('a commit started while the ownership ends still counts; afterwards its epoch is dead', async (t) => {
  const admin = await adminFor(t)
  const topic = await topicFor(t, admin, { partitions: 2 })
  const groupId = `${topic}-group`
  const commits: Promise<string>[] = []
  const onRevoking = ({ keeper, assignments }: ObservedMember) => {
    const epoch = assignments.at(-1)?.epoch ?? 0
    const entries = [0, 1].map((partition) => ({ topic, partition, offset: 5, metadata: 'last' }))
    commits.push(keeper.commit(epoch, entries))
  }
  const first = memberFor(t, { groupId, topics: [topic], onRevoking })
  await until('the first is alone', () => first.owned()?.length === 2)
  const second = memberFor(t, { groupId, topics: [topic] })
  await until('they share', () => isSplit([first, second], 2))
  assert.equal(await commits[0], 'committed')
  assert.deepEqual(
    (await second.keeper.fetchCommitted()).map(({ offset }) => offset),
    [5, 5],
  )
  const [assignment] = first.assignments
  assert.equal(await first.keeper.commit(assignment?.epoch ?? 0, []), 'stale')
})

test('everything is paused again after a rebalance, and nothing arrives before a seek of the new epoch', async (t) => {
  const admin = await adminFor(t)
  const topic = await topicFor(t, admin, { partitions: 2 })
  const lanes = lanesFor(t, 'shared')
  const groupId = `${topic}-group`
  const first = memberFor(t, { groupId, topics: [topic] })
  await until('the first is alone', () => first.owned()?.length === 2)
  for (const partition of [0, 1]) first.keeper.seek(topic, partition, 0)
  first.keeper.resume(topic, [0, 1])
  for (const partition of [0, 1]) await lanes.append(topic, partition, textRecord('one'))
  await until('both are read', () => first.batches.length === 2)
  const second = memberFor(t, { groupId, topics: [topic] })
  await until('they share', () => isSplit([first, second], 2))
  const kept = first.owned()?.[0] ?? 0
  const epoch = first.assignments.at(-1)?.epoch ?? 0
  await lanes.append(topic, kept, textRecord('two'))
  await untilHeartbeat(first)
  assert.deepEqual(valuesOf(first, topic, kept, epoch), [])
  first.keeper.seek(topic, kept, 1)
  first.keeper.resume(topic, [kept])
  await until('it goes on', () => valuesOf(first, topic, kept, epoch).length === 1)
  assert.deepEqual(valuesOf(first, topic, kept, epoch), ['two'])
  assert.equal(first.revoked(), 1)
})

test('a member that stops leaves, and the other one takes over its partitions at once', async (t) => {
  const admin = await adminFor(t)
  const topic = await topicFor(t, admin, { partitions: 4 })
  const group = { groupId: `${topic}-group`, topics: [topic], sessionTimeoutMs: longSessionMs }
  const members = [memberFor(t, group), memberFor(t, group)] as const
  await until('they share', () => isSplit([...members], 4))
  const stayed = members[0].owned() ?? []
  await members[1].keeper.stop()
  await until('the other one has all', () => members[0].owned()?.length === 4)
  assert.ok(stayed.every((partition) => members[0].owned()?.includes(partition)))
})

test('a position outside the log ends the membership instead of the committed offset', async (t) => {
  const admin = await adminFor(t)
  const topic = await topicFor(t, admin, { partitions: 1 })
  const member = memberFor(t, { groupId: `${topic}-group`, topics: [topic] })
  await until('it is assigned', () => member.owned()?.length === 1)
  const epoch = member.assignments.at(-1)?.epoch ?? 0
  await member.keeper.commit(epoch, [{ topic, partition: 0, offset: 3, metadata: 'mine' }])
  member.keeper.seek(topic, 0, 1_000)
  member.keeper.resume(topic, [0])
  await until('it has joined again', () => member.assignments.length > 1 && member.owned() !== null)
  assert.deepEqual(await member.keeper.fetchCommitted(), [{ topic, partition: 0, offset: 3, metadata: 'mine' }])
  assert.deepEqual(member.batches, [])
})

test('a heartbeat counts from when it went out, however long its answer lay there unread', async (t) => {
  const admin = await adminFor(t)
  const topic = await topicFor(t, admin, { partitions: 1 })
  const member = memberFor(t, { groupId: `${topic}-group`, topics: [topic] })
  await until('it is assigned', () => member.owned()?.length === 1)
  const sent = standStillAfterHeartbeat(t)
  await until('it stood still', () => sent.length > 0)
  const seen = new Set<number>()
  while (sent.length < 3) {
    seen.add(performance.now() - member.keeper.lastHeartbeatAgeMs())
    assert.ok(Math.max(...seen) <= (sent.at(-1) ?? 0) + apartMs, 'younger than the last one that was sent')
    await turn()
  }
})

const standstillMs = 1_200
/** kafkajs and we ask the clock at different moments, between which this process may stand still by itself. */
const apartMs = standstillMs / 2

/** Stops this process for a while right after a heartbeat was written; says when each one was, monotonic ms. */
function standStillAfterHeartbeat(t: TestContext): number[] {
  const sent: number[] = []
  const write = Socket.prototype.write
  t.mock.method(Socket.prototype, 'write', function (this: Socket, ...args: Parameters<typeof write>) {
    const wasTaken = Reflect.apply(write, this, args)
    if (!isHeartbeat(args[0])) return wasTaken
    sent.push(performance.now())
    if (sent.length === 1) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, standstillMs)
    return wasTaken
  })
  return sent
}

const isHeartbeat = (bytes: unknown): boolean =>
  Buffer.isBuffer(bytes) && bytes.length > 6 && bytes.readInt16BE(4) === 12
