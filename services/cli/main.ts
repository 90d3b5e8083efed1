import { Command, InvalidArgumentError } from 'commander'
import { version } from '#shared/version.ts'
import { writeDocs } from './docs.ts'
import { printKey } from './key.ts'
import { runCheck } from './run-check.ts'
import { runTests } from './run-tests.ts'
import { endWithStarter } from './starter.ts'
import { up } from './up/up.ts'

const program = new Command('tailrace')
  .description('Takes events over HTTP, keeps them on Kafka, delivers them signed and in order.')
  .version(version)

program
  .command('up')
  .description('run everything on this machine: Kafka, Redis, producers, consumers, console, demo receiver')
  .option('--fresh', 'delete the data of earlier runs first', false)
  .option('--demo', 'publish real GitHub payloads to the stream demo all the time', false)
  .option('--dir <folder>', 'where the run keeps everything (default: .tailrace of the clone)')
  .option('--port-offset <number>', 'added to every port, for a second run beside the first', integer, 0)
  .option('--producers <number>', 'how many producers', integer, 2)
  .option('--consumers <number>', 'how many consumers', integer, 2)
  .action(up)

program
  .command('key')
  .description('print the admin key of the run')
  .option('--dir <folder>', 'where the run keeps everything (default: .tailrace of the clone)')
  .action(printKey)

program
  .command('test')
  .description('run the unit, integration and end-to-end tests on a cluster of their own')
  .argument('[files...]', 'only these test files')
  .action(runTests)

program.command('check').description('check types, style and the direction of imports').action(runCheck)

program.command('docs').description('write the table of settings into the README').action(writeDocs)

endWithStarter()
await program.parseAsync()

function integer(text: string): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value > 26_000) throw new InvalidArgumentError('It is a number from 0 to 26000.')
  return value
}
