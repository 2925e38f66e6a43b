/** How a server of this bench talks to the bench that started it. */

/** Tells the bench the port, and ends the process when the bench says so or is gone. */
export function announce(port: number, stop: () => unknown): void {
  const leave = async () => {
    await stop();
    process.exit(0);
  };
  process.once('message', leave); // whatever it says, it means stop
  process.once('disconnect', leave);
  process.send?.({ port });
}
