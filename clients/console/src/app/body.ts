/** What a call of `hercules.api` answers: what is refused is thrown, so there is one. */
export async function bodyOf<Body>(call: Promise<{ data?: Body }>): Promise<Body> {
  return (await call).data as Body;
}
