import type { FastifyReply } from 'fastify'

/** Lets pages of all origins read a response: it is made to be read by whoever may call what it describes. */
export function allowAllPages(reply: FastifyReply, exposedHeaders: string): void {
  // An origin that the operator allows is named in the response.
  if (reply.hasHeader('access-control-allow-origin')) return
  reply
    .header('access-control-allow-origin', '*')
    .header('access-control-expose-headers', exposedHeaders)
}
