import { type Ask, onBroker } from './broker-call.ts'
import { FieldWriter } from './wire-format.ts'

/** A member of a classic group as its coordinator lists it. */
export type ListedMember = { memberId: string; clientId: string }

/** A group as one broker knows it; `errorCode` is 16 when another broker coordinates it. */
export type ListedGroup = { groupId: string; errorCode: number; members: ListedMember[] }

/** Codes after which the same question will soon have an answer; source: org.apache.kafka.common.protocol.Errors. */
const transientCodes = new Map([
  [14, 'the coordinator is loading'],
  [15, 'there is no coordinator yet'],
])
export const notCoordinatorCode = 16

const nothing = Buffer.alloc(0)

/** Addresses of all brokers the cluster believes alive. Metadata v1 with an empty topic list. */
export async function listBrokers(ask: Ask): Promise<string[]> {
  const answer = await ask({ apiKey: 3, apiVersion: 1, body: new FieldWriter().int32(0).toBuffer() })
  return answer.array(() => {
    answer.int32()
    const address = `${answer.string()}:${answer.int32()}`
    answer.string()
    return address
  })
}

/** Ids of the groups that this broker coordinates. ListGroups v1. */
export async function listGroups(ask: Ask): Promise<string[]> {
  const answer = await ask({ apiKey: 16, apiVersion: 1, body: nothing })
  answer.int32()
  check(answer.int16())
  return answer.array(() => {
    const groupId = answer.string()
    answer.string()
    return groupId
  })
}

/** Members of groups, asked of their coordinator. DescribeGroups v1. */
export async function describeGroups(ask: Ask, groupIds: readonly string[]): Promise<ListedGroup[]> {
  const fields = new FieldWriter()
  fields.array(groupIds, (groupId) => fields.string(groupId))
  const answer = await ask({ apiKey: 15, apiVersion: 1, body: fields.toBuffer() })
  answer.int32()
  return answer.array(() => {
    const errorCode = answer.int16()
    const groupId = answer.string()
    for (const _ of ['state', 'protocol type', 'protocol']) answer.string()
    const members = answer.array(() => {
      const member = { memberId: answer.string(), clientId: answer.string() }
      answer.string()
      answer.skipBytes()
      answer.skipBytes()
      return member
    })
    if (errorCode !== notCoordinatorCode) check(errorCode)
    return { groupId, errorCode, members }
  })
}

/** Leaves a group for the named members; returns how many of them were in it. LeaveGroup v3. */
export async function leaveGroup(ask: Ask, groupId: string, memberIds: readonly string[]): Promise<number> {
  const fields = new FieldWriter().string(groupId)
  fields.array(memberIds, (memberId) => fields.string(memberId).string(null))
  const answer = await ask({ apiKey: 13, apiVersion: 3, body: fields.toBuffer() })
  answer.int32()
  check(answer.int16())
  const codes = answer.array(() => {
    answer.string()
    answer.string()
    return answer.int16()
  })
  return codes.filter((code) => code === 0).length
}

/** Address of the coordinator of a group, asked of any broker. FindCoordinator v1. */
export async function findCoordinator(ask: Ask, groupId: string): Promise<string> {
  const answer = await ask({ apiKey: 10, apiVersion: 1, body: new FieldWriter().string(groupId).int8(0).toBuffer() })
  answer.int32()
  check(answer.int16())
  answer.string()
  answer.int32()
  return `${answer.string()}:${answer.int32()}`
}

/** Whether the broker answers at all, within 1 s. ApiVersions v0. */
export async function isAnswering(address: string): Promise<boolean> {
  const question = { apiKey: 18, apiVersion: 0, body: nothing }
  return onBroker(address, async (ask) => (await ask(question)).int16() === 0).catch(() => false)
}

function check(code: number): void {
  if (code !== 0) throw new Error(transientCodes.get(code) ?? `the broker answered with error code ${code}`)
}
