import { type OwnedStack, startStack } from './stack.ts'

let stack: OwnedStack | undefined

/** `node --test --test-global-setup=…`: one stack for all end-to-end test files of a run. */
export async function globalSetup(): Promise<void> {
  stack = await startStack()
  process.env.E2E_STACK = stack.dir
}

/** Stops it; what is left behind fails the run. */
export async function globalTeardown(): Promise<void> {
  await stack?.stop()
}
