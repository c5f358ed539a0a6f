/** One candidate in a list: what it is called, what is the matter, since when. */
import { plain, words } from "../format.ts";
import { Age, type Tone } from "../parts/bits.tsx";
import { hrefOf } from "../routes.ts";

type Props = {
  slug: string;
  /** In front: its place in the queue, say. */
  lead?: string;
  /** One word for what is the matter. */
  tag?: string | null;
  detail: string;
  at: string | null;
  tone: Tone;
};

export function CandidateRow({ slug, lead, tag = null, detail, at, tone }: Props) {
  return (
    <a href={hrefOf({ view: "candidate", slug })} className={`row row-${tone}`} data-row>
      <span className="row-lead" aria-hidden={lead === undefined}>
        {lead ?? ""}
      </span>
      <span className="row-main">
        <span className="row-top">
          <strong>{plain(slug)}</strong>
          {at !== null && <Age at={at} />}
        </span>
        <span className="row-detail" title={plain(detail)}>
          {tag !== null && <span className={`tag tag-${tone}`}>{words(tag)}</span>}
          {plain(detail)}
        </span>
      </span>
    </a>
  );
}
