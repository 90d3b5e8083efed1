import { subscriptionAnswer } from '#shared/catalog/subscription-schema.ts'
import type { Console } from '../context.ts'
import { attemptAnswer } from '../deliveries/answer.ts'
import { documented } from '../docs.ts'
import { rotateSecret, rotationAnswer, rotationRequest } from '../rotate-secret.ts'
import { param, type Route } from '../route.ts'
import { seek, seekAnswer, seekRequest } from '../seek.ts'
import { hold, release, setPaused } from '../subscriptions.ts'
import { testDelivery, testRequest } from '../test-delivery.ts'
import { answer } from './subscriptions.ts'

const tag = 'subscriptions'
const path = (action: string) => `/v1/subscriptions/{name}/${action}`

/** What operators do with a subscription without changing its definition. */
export function subscriptionActionRoutes(console: Console): Route[] {
  return [
    pauseRoute(console, true),
    pauseRoute(console, false),
    {
      ...{ method: 'POST', path: path('hold'), operationId: 'holdSubscription', tag, scope: 'operate' },
      summary: 'Hold it until it is released: nothing is delivered, nobody probes, the log keeps its events',
      answers: documented.one(subscriptionAnswer),
      handle: async (request) => await answer(console, 200, await hold(console, param(request, 'name'))),
    },
    {
      ...{ method: 'POST', path: path('release'), operationId: 'releaseSubscription', tag, scope: 'operate' },
      summary: 'End its hold at once, whoever began it; what waits goes out one by one, then faster with each success',
      answers: documented.one(subscriptionAnswer),
      handle: async (request) => await answer(console, 200, await release(console, param(request, 'name'))),
    },
    {
      ...{ method: 'POST', path: path('test'), operationId: 'testSubscription', tag, scope: 'operate' },
      summary: 'Send one signed test event straight to a target',
      body: testRequest,
      answers: { 200: { description: 'The attempt, whatever came of it.', schema: attemptAnswer } },
      handle: answering(console, testDelivery),
    },
    {
      ...{ method: 'POST', path: path('seek'), operationId: 'seekSubscription', tag, scope: 'operate' },
      summary: 'Move a paused subscription to another position of its stream',
      body: seekRequest,
      answers: { 200: { description: 'What the move does, counted in offsets.', schema: seekAnswer } },
      handle: answering(console, seek),
    },
    {
      ...{ method: 'POST', path: path('rotate-secret'), operationId: 'rotateSecret', tag, scope: 'manage' },
      summary: 'Give it a new signing secret; the previous one signs along for a while',
      body: rotationRequest,
      answers: { 200: { description: 'The new secret, shown once.', schema: rotationAnswer } },
      handle: answering(console, rotateSecret),
    },
  ]
}

type Action = (console: Console, name: string, body: unknown) => Promise<object>

/** Answers 200 with what the action on the named subscription comes to. */
function answering(console: Console, act: Action): Route['handle'] {
  return async (request) => ({ status: 200, body: await act(console, param(request, 'name'), request.body) })
}

function pauseRoute(console: Console, paused: boolean): Route {
  const verb = paused ? 'pause' : 'resume'
  return {
    ...{ method: 'POST', path: path(verb), operationId: `${verb}Subscription`, tag, scope: 'operate' },
    summary: paused ? 'Stop its deliveries; the log keeps its events' : 'Let its deliveries go on',
    answers: documented.one(subscriptionAnswer),
    handle: async (request) => await answer(console, 200, await setPaused(console, param(request, 'name'), paused)),
  }
}
