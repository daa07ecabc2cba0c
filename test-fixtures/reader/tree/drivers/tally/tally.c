// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tallies: lists of weighted marks.
 */

#define pr_fmt(fmt) "tally: " fmt

#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "tally.h"

#define TALLY_WEIGHT_MAX	255U

static unsigned int max_marks = 64;
module_param(max_marks, uint, 0444);
MODULE_PARM_DESC(max_marks, "marks that a tally keeps");

static bool tally_off __read_mostly;
static struct kmem_cache *tally_mark_cache;

static int __init tally_off_setup(char *str)
{
	int ret = kstrtobool(str, &tally_off);

	if (!ret && tally_off)
		pr_info("off\n");
	return ret;
}
early_param("tally.off", tally_off_setup);

static inline bool tally_full(struct tally *tally)
{
	return tally->count >= max_marks;
}

static int tally_weigh(enum tally_kind kind, unsigned int weight)
{
	switch (kind) {
	case TALLY_KIND_UP:
		return weight;
	case TALLY_KIND_DOWN:
		return -(int)weight;
	default:
		return -EINVAL;
	}
}

static struct tally_mark *tally_alloc_mark(struct tally *tally, u64 when)
{
	struct tally_mark *mark;

	mark = kmem_cache_alloc_node(tally_mark_cache, GFP_KERNEL, tally->node);
	if (!mark)
		return NULL;

	INIT_LIST_HEAD(&mark->list);
	mark->when = when;
	mark->weight = 0;
	return mark;
}

static void tally_free_mark(struct tally_mark *mark)
{
	if (WARN_ON(!list_empty(&mark->list)))
		return;
	kmem_cache_free(tally_mark_cache, mark);
}

/*
 * Takes the oldest marks away until only @keep are left. A mark takes about
 * 2 µs.
 */
static unsigned int __tally_trim(struct tally *tally, unsigned int keep)
{
	unsigned int freed = 0;

	while (tally->count > keep) {
		struct tally_mark *mark;

		mark = list_first_entry(&tally->marks, struct tally_mark, list);
		list_del_init(&mark->list);
		tally->count--;
		tally_free_mark(mark);
		freed++;
	}

	return freed;
}

static int __tally_insert(struct tally *tally, struct tally_mark *new)
{
	struct tally_mark *mark;

	list_for_each_entry(mark, &tally->marks, list) {
		if (mark->when == new->when)
			return -EEXIST;
		if (mark->when > new->when)
			break;
	}

	list_add_tail(&new->list, &mark->list);
	tally->count++;
	return 0;
}

static int tally_put_mark(struct tally *tally, u64 when, unsigned int weight)
{
	struct tally_mark *mark;
	unsigned long flags;
	int ret;

	if (tally_off)
		return 0;
	if (weight > TALLY_WEIGHT_MAX || when == TALLY_NO_MARK)
		return -EINVAL;

	mark = tally_alloc_mark(tally, when);
	if (!mark)
		return -ENOMEM;
	mark->weight = weight;

	spin_lock_irqsave(&tally->lock, flags);
	if (tally_full(tally)) {
		ret = -ENOSPC;
		goto out_unlock;
	}

	ret = __tally_insert(tally, mark);
	if (ret)
		goto out_unlock;

	spin_unlock_irqrestore(&tally->lock, flags);
	return 0;

out_unlock:
	spin_unlock_irqrestore(&tally->lock, flags);
	tally_free_mark(mark);
	return ret;
}

/*
 * Marks a beginning and an end; both or none.
 */
static int tally_put_pair(struct tally *tally, u64 from, u64 to)
{
	struct tally_mark *first, *second;
	unsigned long flags;
	int ret = -ENOMEM;

	first = tally_alloc_mark(tally, from);
	if (!first)
		return -ENOMEM;

	second = tally_alloc_mark(tally, to);
	if (!second)
		goto out_free_first;

	spin_lock_irqsave(&tally->lock, flags);
	ret = __tally_insert(tally, first);
	if (ret)
		goto out_free_second;

	ret = __tally_insert(tally, second);
	if (ret)
		goto out_remove_first;

	spin_unlock_irqrestore(&tally->lock, flags);
	return 0;

out_remove_first:
	list_del_init(&first->list);
	tally->count--;
out_free_second:
	spin_unlock_irqrestore(&tally->lock, flags);
	tally_free_mark(second);
out_free_first:
	tally_free_mark(first);
	return ret;
}

static u64 tally_sum(struct tally *tally)
{
	struct tally_mark *mark;
	unsigned long flags;
	s64 sum = 0;

	spin_lock_irqsave(&tally->lock, flags);
	list_for_each_entry(mark, &tally->marks, list)
		sum += tally_weigh(tally->kind, mark->weight);
	spin_unlock_irqrestore(&tally->lock, flags);

	return sum < 0 ? -sum : sum;
}

static void tally_reset(struct tally *tally)
{
	unsigned long flags;

	spin_lock_irqsave(&tally->lock, flags);
	__tally_trim(tally, 0);
	spin_unlock_irqrestore(&tally->lock, flags);
}

static const struct tally_ops tally_default_ops = {
	.mark	= tally_put_mark,
	.sum	= tally_sum,
	.reset	= tally_reset,
};

u64 tally_oldest(struct tally *tally)
{
	u64 when = TALLY_NO_MARK;
	unsigned long flags;

	spin_lock_irqsave(&tally->lock, flags);
	if (!list_empty(&tally->marks))
		when = list_first_entry(&tally->marks, struct tally_mark,
					list)->when;
	spin_unlock_irqrestore(&tally->lock, flags);
	return when;
}
EXPORT_SYMBOL_GPL(tally_oldest);

struct tally *tally_create(const char *name, enum tally_kind kind, int node)
{
	struct tally *tally;

	if (kind >= TALLY_KIND_COUNT)
		return NULL;

	tally = kzalloc_node(sizeof(*tally), GFP_KERNEL, node);
	if (!tally)
		return NULL;

	strscpy(tally->name, name, sizeof(tally->name));
	tally->kind = kind;
	tally->node = node;
	spin_lock_init(&tally->lock);
	INIT_LIST_HEAD(&tally->marks);
	tally->ops = &tally_default_ops;

	/* A tally begins with the pair that says when it was made. */
	if (tally_put_pair(tally, 0, 1))
		goto out_free_tally;

	return tally;

out_free_tally:
	kfree(tally);
	return NULL;
}
EXPORT_SYMBOL_GPL(tally_create);

void tally_destroy(struct tally *tally)
{
	if (!tally)
		return;

	tally_reset(tally);
	kfree(tally);
}
EXPORT_SYMBOL_GPL(tally_destroy);

static int __init tally_init(void)
{
	tally_mark_cache = kmem_cache_create("tally_mark",
					     sizeof(struct tally_mark), 0, 0,
					     NULL);
	if (!tally_mark_cache)
		return -ENOMEM;

	pr_info("at most %u marks\n", max_marks);
	return 0;
}
subsys_initcall(tally_init);
