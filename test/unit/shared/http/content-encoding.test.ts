import assert from 'node:assert/strict'
import { test } from 'node:test'
import { constants, createZstdCompress, gzipSync, zstdCompressSync } from 'node:zlib'
import { TailraceError } from '#shared/errors.ts'
import { type ContentEncoding, contentEncodingOf, expandBody } from '#shared/http/content-encoding.ts'

const tooLarge = () => new TailraceError('request-too-large', 'too large')
const generous = { limitBytes: 10_000_000, tooLarge }
const compress = {
  gzip: (bytes: Buffer) => gzipSync(bytes),
  zstd: (bytes: Buffer) => zstdCompressSync(bytes, { params: { [constants.ZSTD_c_checksumFlag]: 1 } }),
}
const text = Buffer.from(JSON.stringify(Array.from({ length: 20_000 }, (_, index) => index)))
const encodings: ContentEncoding[] = ['gzip', 'zstd']
const codeOf = (code: string) => (error: TailraceError) => error.code === code

for (const encoding of encodings) {
  const whole = compress[encoding](text)
  const empty = compress[encoding](Buffer.alloc(0))

  test(`${encoding}: gives back the bytes that were compressed`, async () => {
    assert.deepEqual(await expandBody(whole, encoding, generous), text)
    assert.equal((await expandBody(empty, encoding, generous)).length, 0)
  })

  const broken: [string, Buffer][] = [
    ['nothing at all', Buffer.alloc(0)],
    ['something else', Buffer.from('{"a":1}')],
    ['a truncated body', whole.subarray(0, -1)],
    ['a body cut in the middle', whole.subarray(0, whole.length >> 1)],
    ['a bad checksum', flipped(whole, whole.length - (encoding === 'gzip' ? 6 : 1))],
    ['garbage behind the end', Buffer.concat([whole, Buffer.from('x')])],
    ['zeros behind the end', Buffer.concat([whole, Buffer.alloc(3)])],
    ['two members', Buffer.concat([whole, whole])],
    ['an empty member before', Buffer.concat([empty, whole])],
    ['an empty member behind', Buffer.concat([whole, empty])],
  ]
  for (const [what, bytes] of broken) {
    test(`${encoding}: refuses ${what}`, async () => {
      await assert.rejects(expandBody(bytes, encoding, generous), codeOf('request-malformed'))
    })
  }

  test(`${encoding}: stops at the limit, however much would follow`, async () => {
    const bomb = compress[encoding](Buffer.alloc(50_000_000))
    assert.ok(bomb.length < 100_000)
    let seen = 0
    const received = (bytes: number) => {
      seen = bytes
    }
    const limits = { limitBytes: 1_000_000, tooLarge, received }
    await assert.rejects(expandBody(bomb, encoding, limits), codeOf('request-too-large'))
    assert.ok(seen <= 1_000_000, `${seen} bytes`)
    assert.equal((await expandBody(compress[encoding](Buffer.alloc(1_000_000)), encoding, limits)).length, 1_000_000)
  })

  test(`${encoding}: ends when there is no room for what comes out`, async () => {
    const received = (bytes: number) => {
      if (bytes > 200_000) throw new TailraceError('overloaded', 'no room')
    }
    const bytes = compress[encoding](Buffer.alloc(2_000_000))
    await assert.rejects(expandBody(bytes, encoding, { ...generous, received }), codeOf('overloaded'))
  })
}

test('zstd: a frame that asks for more memory than a body may take is refused', async () => {
  const params = { [constants.ZSTD_c_windowLog]: 27, [constants.ZSTD_c_contentSizeFlag]: 0 }
  const stream = createZstdCompress({ params })
  stream.end(Buffer.alloc(20_000_000))
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  const limits = { ...generous, limitBytes: 30_000_000 }
  await assert.rejects(expandBody(Buffer.concat(chunks), 'zstd', limits), codeOf('request-malformed'))
})

test('the encoding is one of ours, once, or none', () => {
  const known: [string | undefined, ContentEncoding | null][] = [
    [undefined, null],
    ['identity', null],
    ['gzip', 'gzip'],
    ['GZIP', 'gzip'],
    ['x-gzip', 'gzip'],
    [' zstd ', 'zstd'],
  ]
  for (const [header, encoding] of known) assert.equal(contentEncodingOf(header), encoding)
  for (const header of ['', 'gzip, gzip', 'gzip, identity', 'br', 'deflate', 'compress', 'gzip;q=1', 'nonsense']) {
    assert.throws(() => contentEncodingOf(header), codeOf('encoding-unsupported'), header)
  }
})

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[at] = (copy[at] ?? 0) ^ 1
  return copy
}
