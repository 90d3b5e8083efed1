import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clientCertificateEnding, dialEnding } from '#shared/delivery/failure.ts'

const errorOf = (code: string) => Object.assign(new Error(code), { code })

/** As OpenSSL 3 names the alerts of RFC 8446 6.2, whatever version was agreed on. */
const clientCertificateAlerts = [
  ...[
    'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
    'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA',
    'ERR_SSL_TLSV1_ALERT_ACCESS_DENIED',
  ],
  ...['ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE', 'ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE'],
  ...['ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_EXPIRED', 'ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN'],
  ...['ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED', 'ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE'],
]

test('a receiver that refuses the client certificate is told apart from one that breaks off', () => {
  for (const code of clientCertificateAlerts) {
    const ending = clientCertificateEnding(errorOf(code))
    assert.deepEqual(ending, { stage: 'tls', code: 'tls-client-certificate', detail: `tls ${code}` })
    assert.deepEqual(dialEnding(errorOf(code), 'tls'), ending)
  }
})

test('what is wrong with the certificate of the receiver is another thing', () => {
  for (const code of ['CERT_HAS_EXPIRED', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'ERR_TLS_CERT_ALTNAME_INVALID']) {
    assert.equal(dialEnding(errorOf(code), 'tls').code, 'tls-certificate')
  }
  assert.equal(dialEnding(errorOf('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION'), 'tls').code, 'tls-failed')
  assert.equal(clientCertificateEnding(errorOf('ECONNRESET')), null)
})
