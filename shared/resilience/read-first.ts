/**
 * For a timer that gives up waiting for a socket. A process that stood still finds its timers due before it reads its sockets;
 * `act` runs after the reading, so what has come by then counts.
 */
export const readFirst = (act: () => void) => (): void => {
  setImmediate(act)
}
