/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __TALLY_H
#define __TALLY_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#define TALLY_NAME_LEN	16
#define TALLY_NO_MARK	((u64)-1)

struct tally;

enum tally_kind {
	TALLY_KIND_UP,
	TALLY_KIND_DOWN,
	TALLY_KIND_COUNT,
};

/* One event. */
struct tally_mark {
	struct list_head list;
	u64 when;
	unsigned int weight;
};

struct tally_ops {
	int (*mark)(struct tally *tally, u64 when, unsigned int weight);
	u64 (*sum)(struct tally *tally);
	void (*reset)(struct tally *tally);
};

struct tally {
	char name[TALLY_NAME_LEN];
	enum tally_kind kind;
	int node;
	spinlock_t lock;
	struct list_head marks;
	unsigned int count;
	const struct tally_ops *ops;
};

struct tally *tally_create(const char *name, enum tally_kind kind, int node);
void tally_destroy(struct tally *tally);
u64 tally_oldest(struct tally *tally);

#endif /* __TALLY_H */
