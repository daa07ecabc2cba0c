// SPDX-License-Identifier: GPL-2.0-only
// protection: the page of protection against speed.

export { protectionReport } from './protection-report';
