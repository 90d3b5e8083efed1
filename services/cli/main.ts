import { Command, InvalidArgumentError } from 'commander'
import { version } from '#shared/version.ts'
import { writeDocs } from './docs.ts'
import { printKey } from './key.ts'
import { printSignInLink } from './login.ts'
import { runApart } from './run-apart.ts'
import { runCheck } from './run-check.ts'
import { runTests } from './run-tests.ts'
import { endWithStarter } from './starter.ts'
import { up } from './up/up.ts'

/** The checkers hold a whole history in memory: 1.5 KB for each delivery. */
const chaosFlags = ['--max-old-space-size=16384']

const program = new Command('tailrace')
  .description('Takes events over HTTP, keeps them on Kafka, delivers them signed and in order.')
  .version(version)

program
  .command('up')
  .description('run everything on this machine: Kafka, Redis, producers, consumers, console, demo receiver')
  .option('--fresh', 'delete the data of earlier runs first', false)
  .option('--demo', 'publish real GitHub payloads to the stream demo all the time', false)
  .option('--dir <folder>', 'where the run keeps everything (default: .tailrace of the clone)')
  .option('--port-offset <number>', 'added to every port, for a second run beside the first', offset, 0)
  .option('--producers <number>', 'how many producers', count, 2)
  .option('--consumers <number>', 'how many consumers', count, 2)
  .option(
    '--broker-settings <folder>',
    '1.properties, 2.properties, 3.properties in it come on top of our broker settings',
  )
  .action(up)

program
  .command('key')
  .description('print the admin key of the run')
  .option('--dir <folder>', 'where the run keeps everything (default: .tailrace of the clone)')
  .action(printKey)

program
  .command('login')
  .description('print a link that signs a browser in to the console, once and within 15 minutes')
  .option('--dir <folder>', 'where the run keeps everything (default: .tailrace of the clone)')
  .action(printSignInLink)

program
  .command('test')
  .description('run the unit, integration and end-to-end tests on a cluster of their own')
  .argument('[files...]', 'only these test files')
  .action(runTests)

program
  .command('chaos')
  .description(
    'break a stack of its own under load and judge what became of every event: --list, --quick, --fault, --mix',
  )
  .argument('[options...]')
  .allowUnknownOption()
  .helpOption(false)
  .action(runApart('test/chaos/run.ts', chaosFlags))

program
  .command('bench')
  .description('measure a stack of its own: ingest [--only, --seconds, --profile …]')
  .argument('[options...]')
  .allowUnknownOption()
  .helpOption(false)
  .action(runApart('test/bench/run.ts'))

program.command('check').description('check types, style and the direction of imports').action(runCheck)

program.command('docs').description('write the table of settings into the README').action(writeDocs)

endWithStarter()
await program.parseAsync()

function count(text: string): number {
  if (!/^\d{1,2}$/.test(text)) throw new InvalidArgumentError('It is a number from 0 to 99.')
  return Number(text)
}

/** Down to where the lowest port stays above 1024, up to where the highest one still exists. */
function offset(text: string): number {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value >= -7_000 && value <= 26_000) return value
  throw new InvalidArgumentError('It is a number from -7000 to 26000.')
}
