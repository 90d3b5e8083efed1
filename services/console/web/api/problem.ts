import type { FieldFault, ProblemBody } from './shapes.ts'

/** What the API answered instead of the thing asked for, or `offline` when nothing answered. */
export class Refused extends Error {
  override readonly name = 'Refused'
  readonly body: ProblemBody

  constructor(body: ProblemBody) {
    super(`${body.code}: ${body.detail}`)
    this.body = body
  }
}

/** Nothing answered: the console is down, or the network between. */
export function unreachable(): Refused {
  return new Refused({
    title: 'The console does not answer',
    status: 0,
    code: 'offline',
    detail: 'The request did not reach the console. What is shown is the last that was known.',
    retryable: true,
    requestId: '',
  })
}

/** The problem in an answer, also when something between answered with a page of its own. */
export async function problemIn(response: Response): Promise<Refused> {
  const text = await response.text()
  if (response.headers.get('content-type')?.includes('json') === true) return new Refused(JSON.parse(text))
  return new Refused({
    title: `HTTP ${response.status}`,
    status: response.status,
    code: `status-${response.status}`,
    detail: text.slice(0, 200),
    retryable: response.status >= 500,
    requestId: '',
  })
}

/** The fault of one member, by JSON pointer, for the field that shows it. */
export function faultAt(problem: Refused | undefined, pointer: string): FieldFault | undefined {
  return problem?.body.errors?.find((fault) => fault.pointer === pointer)
}
