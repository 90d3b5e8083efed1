import type { FastifyInstance } from 'fastify'

/**
 * For everything that a browser may get from here. Nothing comes from elsewhere, nothing runs or styles inline, nobody
 * frames the console, and no address of it is told to others.
 */
export function addSecurityHeaders(app: FastifyInstance, consoleUrl: string): void {
  const headers = {
    'content-security-policy': policy,
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
    ...(consoleUrl.startsWith('https:') ? { 'strict-transport-security': 'max-age=31536000' } : {}),
  }
  app.addHook('onSend', (_request, reply, payload, done) => {
    reply.headers(headers)
    // What the API answers is for this caller and this moment.
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store')
    done(null, payload)
  })
}

const policy = [
  "default-src 'none'",
  ...['script-src', 'style-src', 'img-src', 'font-src', 'connect-src', 'form-action'].map((name) => `${name} 'self'`),
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')
