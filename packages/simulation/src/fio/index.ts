// SPDX-License-Identifier: GPL-2.0-only
// fio: jobs under policies, compared.

export * from './document'; // what comes of it
export * from './published'; // the cover letter
export * from './compare'; // before against after
export * from './experiment'; // jobs x policies
export * from './fix-prices'; // what fixes of findings cost
