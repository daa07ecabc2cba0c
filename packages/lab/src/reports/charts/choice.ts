// SPDX-License-Identifier: GPL-2.0-only
// What the reader chooses: policies and block sizes, for charts and tables alike.

import type { FioDocument } from '@iommu-bounce/simulation';
import { type Html, html } from '../../show/html';
import { groupsOf, policiesOf } from '../../tables/fio-groups';

export function choice(document: FioDocument): Html {
  const policies = policiesOf(document).map((name) => box('policy', name, name));
  const groups = groupsOf(document).map(({ index, label }) => box('group', String(index), label));
  return html`<section class="choice" id="choice" hidden>
    <fieldset>
      <legend>Policies</legend>
      ${policies}
    </fieldset>
    <fieldset>
      <legend>Block sizes</legend>
      ${groups}
    </fieldset>
    <p role="status" id="chosen"></p>
  </section>`;
}

function box(kind: 'policy' | 'group', value: string, label: string): Html {
  return html`<label
    ><input
      type="checkbox"
      checked
      autocomplete="off"
      data-choose="${kind}"
      value="${value}"
    />${label}</label
  > `;
}
