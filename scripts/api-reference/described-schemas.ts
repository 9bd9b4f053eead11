import * as protocol from '@rollcall/protocol'
import {
  CloudEvent,
  CreatedWebhook,
  DeletedWebhook,
  Settings,
  TargetGroup,
  WebhookFilter,
  WebhookPatch,
  WebhookRequest,
  WebhookTest,
  WireWebhook,
} from '@rollcall/server'
import {
  Comment,
  type DeclarationReflection,
  type ProjectReflection,
  ReflectionKind,
} from 'typedoc'
import { leaveOut } from './public-surface.ts'

/** The keywords of a JSON Schema that the reference shows. */
interface Keywords {
  readonly description?: string
  readonly default?: unknown
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly maxItems?: number
  readonly const?: unknown
  readonly properties?: Readonly<Record<string, Keywords>>
}

const SCHEMAS: Readonly<Record<string, unknown>> = {
  ...protocol,
  ...{ Settings, TargetGroup, CloudEvent },
  ...{ CreatedWebhook, DeletedWebhook, WireWebhook, WebhookTest },
  ...{ WebhookFilter, WebhookPatch, WebhookRequest },
}

/**
 * Documents types from their schemas. A schema and its type share one name. The reference shows the
 * type; descriptions, limits and defaults of its properties come from the schema.
 *
 * @returns a message for each property without a description
 */
export function describeSchemas(project: ProjectReflection): string[] {
  const undescribed: string[] = []
  for (const module of project.children ?? []) {
    const { children = [] } = module
    for (const variable of children.filter(({ kind }) => kind === ReflectionKind.Variable)) {
      const schema = schemaNamed(variable.name)
      if (schema === undefined) continue
      if (!variable.comment && schema.description) variable.comment = commentOf(schema.description)
      const type = children.find(
        ({ name, kind }) => name === variable.name && kind !== ReflectionKind.Variable,
      )
      if (type === undefined) continue
      type.comment ??= new Comment()
      if (!type.hasComment()) type.comment.summary = variable.comment?.summary ?? []
      undescribed.push(...describeProperties(type, schema))
      leaveOut(project, variable)
    }
  }
  return undescribed
}

function schemaNamed(name: string): Keywords | undefined {
  const value = SCHEMAS[name]
  return typeof value === 'object' && value !== null && 'type' in value
    ? (value as Keywords)
    : undefined
}

function describeProperties(owner: DeclarationReflection, schema: Keywords): string[] {
  for (const property of owner.children ?? []) {
    const keywords = schema.properties?.[property.name]
    if (keywords === undefined) continue
    const words = [
      keywords.description,
      property.comment && Comment.combineDisplayParts(property.comment.summary),
      limitsOf(keywords),
    ]
    const text = words.filter(Boolean).join(' ')
    if (text) property.comment = commentOf(text)
  }
  return (owner.children ?? [])
    .filter((property) => !property.hasComment())
    .map((property) => `${property.getFriendlyFullName()} has no description in its schema`)
}

/** `1 to 64 entries. Default 60.` */
function limitsOf(keywords: Keywords): string {
  const { minimum, maximum, minLength, maxLength, maxItems } = keywords
  const limits = [
    between(minimum, maximum, ''),
    between(minLength, maxLength, ' characters'),
    between(undefined, maxItems, ' entries'),
    'const' in keywords ? `Always \`${keywords.const}\`.` : '',
    'default' in keywords ? `Default \`${keywords.default}\`.` : '',
  ]
  return limits.filter(Boolean).join(' ')
}

function between(least: number | undefined, most: number | undefined, unit: string): string {
  if (least === undefined && most === undefined) return ''
  if (most === undefined) return least === 0 ? '' : `At least ${least}${unit}.`
  return least === undefined ? `At most ${most}${unit}.` : `${least} to ${most}${unit}.`
}

function commentOf(text: string): Comment {
  return new Comment([{ kind: 'text', text: /[.?!]$/.test(text) ? text : `${text}.` }])
}
