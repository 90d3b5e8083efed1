import { constants, createGunzip, createZstdDecompress } from 'node:zlib'
import { messageOf, TailraceError } from '#shared/errors.ts'
import { type BodyLimits, readBody } from './read-body.ts'

/** How a request body may be compressed. */
export type ContentEncoding = 'gzip' | 'zstd'

const supported = 'gzip, zstd'

/** The compression a Content-Encoding names, null for none; throws `encoding-unsupported` for any other, and for several. */
export function contentEncodingOf(header: string | undefined): ContentEncoding | null {
  const name = header?.trim().toLowerCase() ?? 'identity'
  if (name === 'identity') return null
  if (name === 'gzip' || name === 'zstd') return name
  // RFC 9110 §8.4.1.3: the old name of the same thing.
  if (name === 'x-gzip') return 'gzip'
  const detail = 'A body is compressed once, with gzip or zstd, or sent as it is.'
  // RFC 9110 §15.5.16: says that it was the encoding, and which ones are taken.
  throw new TailraceError('encoding-unsupported', detail, { headers: { 'accept-encoding': supported } })
}

/**
 * The bytes that were compressed, off the event loop and within `limits`, whatever the ratio. Exactly one gzip member or one
 * zstd frame, complete, with the right checksum and nothing behind it: otherwise `request-malformed`.
 */
export function expandBody(bytes: Buffer, encoding: ContentEncoding, limits: BodyLimits): Promise<Buffer> {
  const stream = encoding === 'gzip' ? createGunzip(gzipOptions) : createZstdDecompress(zstdOptions)
  return new Promise<Buffer>((resolve, reject) => {
    readBody(stream, limits, (error, expanded) => {
      // Without this a bomb would go on expanding behind the refusal.
      stream.on('error', () => {}).destroy()
      if (expanded !== undefined) resolve(expanded)
      else reject(error instanceof TailraceError ? error : brokenBody(encoding, error))
    })
    stream.end(bytes)
  })
}

// In one write: only then is everything behind the first member or frame seen as trailing.
const common = { chunkSize: 65_536, rejectGarbageAfterEnd: true }
const gzipOptions = common
/** RFC 9659 §3: a window of 8 MiB at most; a frame could ask for gigabytes. */
const zstdOptions = { ...common, params: { [constants.ZSTD_d_windowLogMax]: 23 } }

function brokenBody(encoding: ContentEncoding, error: unknown): TailraceError {
  const detail = `The body is no complete ${encoding} data, or something follows it: ${messageOf(error)}.`
  return new TailraceError('request-malformed', detail, { cause: error })
}
