const cleanLimitMs = 3_000

/**
 * Stops this process when the bootstrap that started it is gone, killed or not: their channel closes then. What a clean
 * stop has not ended after 3 s is ended by our own death, which the guards of the brokers and every service see.
 */
export function endWithStarter(): void {
  process.on('SIGINT', () => process.kill(process.pid, 'SIGTERM')) // lifecycle.ts leaves SIGINT to whoever starts a process
  process.once('disconnect', () => {
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), cleanLimitMs).unref()
    process.kill(process.pid, 'SIGTERM')
  })
  process.channel?.unref()
}
