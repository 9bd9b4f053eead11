import { UnionType } from 'typedoc'
import { MarkdownTheme, MarkdownThemeContext } from 'typedoc-plugin-markdown'
import { typeBehind } from './flat-types.ts'

/**
 * The stock theme, with two things that it cannot do: it names the type behind the computed type of a
 * schema, and lists what each member of a union means.
 */
export class ReadableTheme extends MarkdownTheme {
  override getRenderContext(page: MarkdownThemeContext['page']): MarkdownThemeContext {
    const context = new MarkdownThemeContext(this, page, this.application.options)
    const { partials, helpers } = context
    const { referenceType, declaration } = partials
    partials.referenceType = (type) => {
      const behind = typeBehind(page.project, type)
      return behind ? partials.someType(behind) : referenceType(type)
    }
    partials.declaration = (model, options) => {
      const members =
        model.type instanceof UnionType && model.type.elementSummaries ? meaningsOf(model.type) : []
      return [declaration(model, options), members.join('\n')].filter(Boolean).join('\n\n')
    }
    const meaningsOf = ({ types, elementSummaries = [] }: UnionType) =>
      types.map((type, index) => {
        const meaning = helpers.getCommentParts(elementSummaries[index] ?? [])
        return `- ${partials.someType(type)}${meaning && `: ${meaning.replaceAll(/\s+/g, ' ')}`}`
      })
    return context
  }
}
