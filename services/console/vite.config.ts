import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { defineConfig, type Plugin } from 'vite'

/** Smaller ones grow by the headers of a compressed answer, or hardly shrink. */
const worthCompressingBytes = 1024
const compressible = /\.(html|js|css|svg|json|map)$/

/**
 * The web part of the console, from web/ into web/dist (services/cli/bootstrap/web.mjs says when). For work on it:
 * `npx vite --config services/console/vite.config.ts` beside a running `npm start`, whose API it passes on.
 */
export default defineConfig({
  root: join(import.meta.dirname, 'web'),
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    target: 'es2023',
    // Nothing inline: the policy of the page allows no data: script, and every asset has a name for ever.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      // What all screens share is one script, each screen another one: no page loads more than 60 KB of them, compressed.
      output: {
        codeSplitting: {
          groups: [{ name: 'shared', test: /web\/(api|live|parts|router|shell|words)\/(?!line-chart)|preact/ }],
        },
      },
    },
  },
  server: {
    host: '127.0.0.1',
    proxy: { '/v1': { target: 'http://127.0.0.1:8090' }, '/openapi.json': { target: 'http://127.0.0.1:8090' } },
  },
  plugins: [compressed()],
})

/** Puts a .br and a .gz beside each text: at the best level, once, so that serving costs no CPU. */
function compressed(): Plugin {
  return {
    name: 'compressed',
    apply: 'build',
    writeBundle({ dir = '' }) {
      for (const name of readdirSync(dir, { recursive: true, encoding: 'utf8' })) {
        if (!compressible.test(name)) continue
        const path = join(dir, name)
        const bytes = readFileSync(path)
        if (bytes.length < worthCompressingBytes) continue
        const params = { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length }
        writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params }))
        writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }))
      }
    },
  }
}
