import type { CallToolResult, McpServer } from '@modelcontextprotocol/server'
import { ERROR_CODES } from '@rollcall/protocol'
import type { Schema } from '@rollcall/protocol/json-schema'
import { toProblem } from '../responses/problem.ts'
import type { McpCall } from './mcp-call.ts'
import { standardSchema } from './tool-schema.ts'

/** A function that a model can call. */
export interface Tool<Input extends object = never, Output extends object = object> {
  readonly name: string
  /** For people. */
  readonly title: string
  /** For models: what it does, and when to call it. */
  readonly description: string
  readonly input: Schema<Input>
  readonly output: Schema<Output>
  /** @throws HttpProblem or RegistryError, which the model reads as the result */
  run(input: Input, call: McpCall): Promise<Output>
}

/** All tools only read, and what they read changes only by what others do. */
const ANNOTATIONS = {
  readOnlyHint: true,
  idempotentHint: true,
  destructiveHint: false,
  openWorldHint: false,
}

/** Offers a tool to the client of a call. */
export function registerTool<Input extends object, Output extends object>(
  server: McpServer,
  tool: Tool<Input, Output>,
  call: McpCall,
): void {
  const { name, title, description, input, output } = tool
  const config = {
    ...{ title, description, annotations: ANNOTATIONS },
    inputSchema: standardSchema(input),
    outputSchema: standardSchema(output),
  }
  server.registerTool(name, config, async (sent): Promise<CallToolResult> => {
    try {
      return resultOf(await tool.run(sent, call))
    } catch (error) {
      return failureOf(error, call)
    }
  })
}

/** Programs read the structured content, and clients without it the same as text. */
function resultOf(output: object): CallToolResult {
  return {
    content: [{ type: 'text', text: JSON.stringify(output) }],
    structuredContent: { ...output },
  }
}

/** An error that the model reads, and may act on: errors of the protocol stay with its client. */
function failureOf(error: unknown, call: McpCall): CallToolResult {
  return { content: [{ type: 'text', text: failureText(error, call) }], isError: true }
}

/** Returns the code and the detail of an error. */
export function failureText(error: unknown, call: McpCall): string {
  const { code, message } = toProblem(error)
  if (ERROR_CODES[code].status >= 500) call.failed(error)
  return `${code}: ${message}`
}
