import { createStream, type Provisioning } from '../create-stream.ts'
import { withDefaults } from '../schema.ts'
import { streamDefinition } from '../stream-schema.ts'
import { opsStream } from './events.ts'

/** Makes the stream `ops` where it is missing. What an operator set on it, its retention for example, stays. */
export async function provideOpsStream(provisioning: Provisioning): Promise<void> {
  if (provisioning.catalog.stream(opsStream) !== undefined) return
  const definition = withDefaults(streamDefinition, {
    description: 'what happens here: holds, dead letters, takeovers',
  })
  await createStream(provisioning, { ...definition, name: opsStream })
}
