import { type LoadOptions, loadBackbone } from '@univ/backbone'
import type { BackboneWeights } from '@univ/train'

/** Reads an encoder and warns of arrays that its file lacks. @param role What it is here: `teacher`, `student` … */
export async function readBackbone(
  { checkpoint, heads, which }: LoadOptions & { readonly checkpoint: string },
  role: string,
): Promise<BackboneWeights> {
  const { config, params, missing } = await loadBackbone(checkpoint, { heads, which })
  if (missing.length > 0)
    console.warn(
      `${role} ${checkpoint}: ${missing.length} arrays are missing and drawn at random: ${missing.slice(0, 4).join(', ')} …`,
    )
  return { config, params }
}
