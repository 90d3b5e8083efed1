import { Type } from 'typebox'
import { deliveryStates } from '../deliveries/answer.ts'
import type { LiveHub } from '../live/hub.ts'
import { type Topic, topics } from '../live/journal.ts'
import type { Route } from '../route.ts'

const oneTopic = `(${topics.join('|')})`

const query = {
  topics: Type.String({
    pattern: `^${oneTopic}(,${oneTopic})*$`,
    description: `What to hear of, separated by commas; all by default: ${topics.join(', ')}.`,
  }),
  subscription: Type.String({ maxLength: 64, description: 'Deliveries of this subscription alone.' }),
  state: Type.String({ enum: [...deliveryStates], description: 'Deliveries in this state alone.' }),
}

const description = `Server-sent events. Every stream begins with \`state\` (the object of GET /v1/state) or, without that topic,
\`listening\`; then come \`state-patch\` (RFC 7396, once a second at most; a member that is removed became null), \`delivery\`
(an element of GET /v1/deliveries with \`at\`, \`key\`, \`type\`, \`job\`, \`instance\`, \`lastAttempt\`), \`deliveries-omitted\` ({"count"}:
at more than about 100 deliveries a second a sample is shown, failures first) and \`job\` (as GET /v1/jobs/{id}). \`id\` is opaque:
a client that comes back with it as Last-Event-ID gets what it missed, or \`reset\` ({"reason"}: cursor-expired) and everything
anew. A stream also ends with \`reset\`: too-slow, credential-invalid, stopping. A comment comes every 15 s.`

export function liveRoutes(live: LiveHub): Route[] {
  return [
    {
      ...{ method: 'GET', path: '/v1/live', operationId: 'listen', tag: 'watching', scope: 'read' },
      summary: 'Hear of changes of the state, deliveries and jobs as they happen',
      query,
      answers: { 200: { description, schema: Type.String(), mediaType: 'text/event-stream' } },
      refusals: [503],
      async handle({ query, client }) {
        const wanted = String(query.topics ?? topics.join(',')).split(',') as Topic[]
        const stream = await live.listen({
          topics: new Set(wanted),
          filter: { subscription: text(query.subscription), state: text(query.state) },
          cursor: client.lastEventId,
          isAllowed: client.isStillAllowed,
        })
        return { status: 200, body: stream, headers: eventStream }
      },
    },
  ]
}

/** Proxies neither keep it nor wait for its end. */
const eventStream = { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' }

const text = (value: string | number | undefined) => (value === undefined ? undefined : String(value))
