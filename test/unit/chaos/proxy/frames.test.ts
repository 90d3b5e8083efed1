import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { correlationOf, createFrames, readRequestHead } from '../../../chaos/proxy/frames.ts'
import { frameOf, requestOf } from './kafka-bytes.ts'

describe('the frames of a Kafka connection', () => {
  it('are the same ones however their bytes are cut', () => {
    const bodies = fc.array(fc.uint8Array({ minLength: 4, maxLength: 40 }), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(bodies, fc.integer({ min: 1, max: 50 }), (all, sliceBytes) => {
        const frames = all.map((body) => frameOf(Buffer.from(body)))
        const stream = Buffer.concat(frames)
        const reader = createFrames()
        const read: Buffer[] = []
        for (let at = 0; at < stream.length; at += sliceBytes)
          read.push(...reader.push(stream.subarray(at, at + sliceBytes)))
        assert.deepEqual(read, frames)
      }),
    )
  })

  it('begin with what tells who asks for what', () => {
    const request = requestOf({ apiKey: 0, correlationId: 77, clientId: 'producer-1-ab' })
    assert.deepEqual(readRequestHead(request), { apiKey: 0, correlationId: 77, clientId: 'producer-1-ab' })
    assert.equal(correlationOf(frameOf(Buffer.from([0, 0, 0, 9, 1]))), 9)
  })

  it('may be no request', () => {
    assert.equal(readRequestHead(frameOf(Buffer.from([1, 2]))), undefined)
    assert.equal(correlationOf(frameOf(Buffer.alloc(0))), -1)
  })
})
