import {
  type Comment,
  type CommentDisplayPart,
  type DeclarationReflection,
  type ParameterReflection,
  ReflectionKind,
  UnionType,
} from 'typedoc'
import { MarkdownTheme, MarkdownThemeContext } from 'typedoc-plugin-markdown'
import { typeBehind } from './flat-types.ts'

type Page = MarkdownThemeContext['page']

/** Avoids repetition: types are shown in the signature, and only described items have sections. */
export class ReadableTheme extends MarkdownTheme {
  override getRenderContext(page: Page): MarkdownThemeContext {
    const context = new MarkdownThemeContext(this, page, this.application.options)
    const { partials, helpers } = context
    const original = { ...partials }
    const words = (parts: readonly CommentDisplayPart[] = []) => helpers.getCommentParts([...parts])
    const tags = (comment: Comment | undefined) =>
      comment
        ? original.comment(comment, { showSummary: false, showTags: true, showReturns: true })
        : ''

    helpers.getDescriptionForComment = (comment) => firstSentence(words(comment.summary))
    helpers.getFlattenedDeclarations = (members) => members
    partials.inheritance = () => ''
    partials.hierarchy = () => ''
    partials.referenceType = (type) => {
      const behind = typeBehind(page.project, type)
      return behind ? partials.someType(behind) : original.referenceType(type)
    }
    partials.signature = (model, options) => {
      const comment = model.comment ?? model.parent.comment
      return paragraphs(
        options.hideTitle ? '' : partials.signatureTitle(model),
        words(comment?.summary),
        describedParameters(model.parameters)
          .map(([name, parts]) => `- \`${name}\`: ${words(parts)}`)
          .join('\n'),
        tags(comment),
      )
    }
    partials.accessor = (model) => {
      const { type, comment = model.comment } = model.getSignature ?? {}
      const title = `> **${model.name}**: ${type ? partials.someType(type) : ''}`
      return paragraphs(title, words(comment?.summary), tags(comment))
    }
    partials.memberWithGroups = (model, options) => {
      const shown: DeclarationReflection = Object.create(model)
      Object.assign(shown, { comment: undefined, implementedTypes: undefined })
      return paragraphs(
        model.comment ? original.comment(model.comment, options) : '',
        kinOf(context, model),
        model.kind === ReflectionKind.Module ? contentsOf(context, model) : '',
        original.memberWithGroups(shown, options),
      )
    }
    const unionMembers = (union: UnionType) =>
      union.types
        .map((member, index) => {
          const meaning = words(union.elementSummaries?.[index]).replaceAll(/\s+/g, ' ')
          return `- ${partials.someType(member)}${meaning && `: ${meaning}`}`
        })
        .join('\n')
    partials.declaration = (model, options) =>
      model.type instanceof UnionType && model.type.elementSummaries
        ? paragraphs(
            partials.declarationTitle(model),
            words(model.comment?.summary),
            unionMembers(model.type),
            tags(model.comment),
          )
        : original.declaration(model, options)
    return context
  }
}

function kinOf({ partials }: MarkdownThemeContext, model: DeclarationReflection): string {
  const described = (verb: string, types: DeclarationReflection['extendedTypes'] = []) =>
    types.map((type) => `${verb} ${partials.someType(type)}.`)
  return [
    ...described('Extends', model.extendedTypes),
    ...described('Implements', model.implementedTypes),
  ].join(' ')
}

/** Lists the source of a module and its exports, each with its first sentence. */
function contentsOf(context: MarkdownThemeContext, module: DeclarationReflection): string {
  const sources = (module.sources ?? []).map(({ fileName }) => `Source: \`${fileName}\`.`)
  const tables = (module.groups ?? []).map((group) => context.partials.groupIndex(group))
  return paragraphs(...sources, ...tables)
}

/** Returns the descriptions of parameters and of the properties of anonymous object parameters. */
function describedParameters(
  parameters: readonly ParameterReflection[] = [],
): [name: string, words: readonly CommentDisplayPart[]][] {
  return parameters.flatMap(({ name, comment, type }) => {
    const properties = type?.type === 'reflection' ? (type.declaration.children ?? []) : []
    const all = [
      { name, comment },
      ...properties.map((p) => ({ name: `${name}.${p.name}`, comment: p.comment })),
    ]
    return all.flatMap((one): [string, readonly CommentDisplayPart[]][] =>
      one.comment?.summary.length ? [[one.name, one.comment.summary]] : [],
    )
  })
}

/** Returns `Keeps a list.` for `Keeps a list. It is sorted.` */
function firstSentence(text: string): string {
  return (/^.*?[.!?:](?=\s|$)/s.exec(text)?.[0] ?? text).replaceAll(/\s+/g, ' ').replace(/:$/, '.')
}

function paragraphs(...parts: readonly string[]): string {
  return parts.filter(Boolean).join('\n\n')
}

/** Removes headings that only name the kind of the items that follow. */
export function tidy(page: string): string {
  const kinds = 'Properties|Methods|Accessors|Constructors?|Type Declaration'
  const text = page
    .replaceAll(new RegExp(`^#+ (${kinds})\\n+`, 'gm'), '')
    .replaceAll(/^##### /gm, '#### ')
    .replaceAll(/^###### (.+)$/gm, '**$1**')
    .replaceAll(/\n{3,}/g, '\n\n')
  return `${text.trim()}\n`
}
