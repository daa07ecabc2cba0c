// SPDX-License-Identifier: GPL-2.0-only
// The IOMMU core: groups, domains, attaching, map and unmap in supported page sizes, reserved regions.
// C: drivers/iommu/iommu.c of v5.13, the functions that dma-iommu and a driver reach. See docs/porting.md#iommu

import { check_options, flag } from '@iommu-bounce/linux-shim/options';
import {
  ALIGN,
  ALL_ALIGNED,
  BIT,
  BUG_ON,
  type bus_type,
  EBUSY,
  EINVAL,
  ENODEV,
  ENOMEM,
  GFP_ATOMIC,
  GFP_KERNEL,
  INIT_LIST_HEAD,
  __ffs,
  __fls,
  check_address,
  deref,
  dev_is_pci,
  dev_name,
  type device,
  dma_addr_t,
  type gfp_t,
  list_add_tail,
  list_count,
  list_del,
  list_entry,
  list_for_each_entry,
  list_for_each_entry_safe,
  list_head,
  type machine,
  mod_pow2,
  type opaque,
  or64,
  phys_addr_t,
  type scatterlist,
  sg_next,
  sg_phys,
  to_pci_dev,
  u64_add,
  u64_sub,
} from '@iommu-bounce/linux-shim';
import {
  IOMMU_DOMAIN_DMA,
  IOMMU_DOMAIN_IDENTITY,
  IOMMU_DOMAIN_UNMANAGED,
  IOMMU_RESV_DIRECT,
  IOMMU_RESV_DIRECT_RELAXABLE,
  __IOMMU_DOMAIN_PAGING,
  dev_iommu,
  group_device,
  type iommu_domain,
  iommu_group,
  iommu_iotlb_gather,
  iommu_iotlb_gather_init,
  type iommu_ops,
  iommu_resv_region,
  type iommu_resv_type,
  type iommu_trace,
} from './iommu.h';

/** Kernel command line. */
export interface iommu_params {
  /** iommu.strict: flush at each unmap. Default true. */
  readonly strict?: boolean;
  /** iommu.passthrough: no translation by default. Default false. */
  readonly passthrough?: boolean;
}

function bus_ops(bus: bus_type | null): iommu_ops | null {
  return (bus?.iommu_ops ?? null) as iommu_ops | null;
}

/** include/linux/iommu.h, inline there */
export function iommu_flush_iotlb_all(domain: iommu_domain): void {
  deref(domain.ops).flush_iotlb_all?.(domain);
}

/** include/linux/iommu.h, inline there */
export function iommu_iotlb_sync(domain: iommu_domain, gather: iommu_iotlb_gather): void {
  deref(domain.ops).iotlb_sync?.(domain, gather);
  iommu_iotlb_gather_init(gather);
}

/**
 * For drivers: adds an unmapped page to what is to be flushed, after flushing what it does not touch or what has
 * another page size. include/linux/iommu.h, inline there
 */
export function iommu_iotlb_gather_add_page(
  domain: iommu_domain,
  gather: iommu_iotlb_gather,
  iova: dma_addr_t,
  size: number,
): void {
  const start = iova;
  const end = start + size - 1;

  if (gather.pgsize !== size || end + 1 < gather.start || start > gather.end + 1) {
    if (gather.pgsize) iommu_iotlb_sync(domain, gather);
    gather.pgsize = size;
  }

  if (gather.end < end) gather.end = end;

  if (gather.start > start) gather.start = start;
}

/** What a driver keeps for a device, or null. include/linux/iommu.h, inline there */
export function dev_iommu_priv_get(dev: device): opaque | null {
  return dev.iommu ? (dev.iommu as dev_iommu).priv : null;
}

/** Only after iommu_probe_device has begun: an oops before. include/linux/iommu.h, inline there */
export function dev_iommu_priv_set(dev: device, priv: opaque | null): void {
  (deref(dev.iommu) as dev_iommu).priv = priv;
}

/** drivers/iommu/iommu.c, the part that deviation 1 names; what deviation 6 names is not ported. */
export class iommu_c {
  private iommu_dma_strict: boolean;
  private readonly iommu_cmd_line_strict: boolean;
  private readonly iommu_def_domain_type: number;
  private readonly iommu_group_ida = new Set<number>();
  private trace: iommu_trace = {};

  /** What other objects may link against. */
  static readonly symbols = [
    'iommu_probe_device',
    'iommu_release_device',
    'iommu_set_dma_strict',
    'iommu_get_dma_strict',
    'iommu_get_group_resv_regions',
    'iommu_group_alloc',
    'iommu_group_add_device',
    'iommu_group_remove_device',
    'iommu_group_get',
    'iommu_group_ref_get',
    'iommu_group_put',
    'generic_device_group',
    'iommu_group_default_domain',
    'iommu_domain_alloc',
    'iommu_domain_free',
    'iommu_attach_device',
    'iommu_deferred_attach',
    'iommu_detach_device',
    'iommu_get_domain_for_dev',
    'iommu_get_dma_domain',
    'iommu_attach_group',
    'iommu_detach_group',
    'iommu_iova_to_phys',
    'iommu_map',
    'iommu_map_atomic',
    'iommu_unmap',
    'iommu_unmap_fast',
    'iommu_map_sg',
    'iommu_map_sg_atomic',
    'iommu_get_resv_regions',
    'iommu_put_resv_regions',
    'generic_iommu_put_resv_regions',
    'iommu_alloc_resv_region',
    'iommu_default_passthrough',
  ] as const;

  constructor(
    private readonly k: machine,
    params: iommu_params = {},
  ) {
    check_options('iommu_c', params, { strict: flag, passthrough: flag });
    this.iommu_dma_strict = params.strict ?? true; // deviation 2
    this.iommu_cmd_line_strict = params.strict !== undefined;
    this.iommu_def_domain_type =
      params.passthrough === true ? IOMMU_DOMAIN_IDENTITY : IOMMU_DOMAIN_DMA;
  }

  /** JS: connects the trace points trace_map and trace_unmap: deviation 4. */
  set_trace(trace: iommu_trace): void {
    this.trace = trace;
  }

  private dev_iommu_get(dev: device): dev_iommu | null {
    if (dev.iommu) return dev.iommu as dev_iommu;

    const param = this.k.slab.kzalloc(dev_iommu, GFP_KERNEL);
    if (!param) return null;

    dev.iommu = param;
    return param;
  }

  private dev_iommu_free(dev: device): void {
    this.k.slab.kfree(dev.iommu);
    dev.iommu = null;
  }

  private __iommu_probe_device(dev: device): number {
    const ops = bus_ops(dev.bus);

    if (!ops) return -ENODEV;

    if (!this.dev_iommu_get(dev)) return -ENOMEM; // deviation 8: no module is taken

    let ret = ops.probe_device ? ops.probe_device(dev) : -ENODEV; // JS: ENODEV without a driver's entry: deviation 2
    err_free: {
      if (ret) break err_free;

      const group = this.iommu_group_get_for_dev(dev);
      out_release: {
        if (typeof group === 'number') {
          ret = group;
          break out_release;
        }
        this.iommu_group_put(group);

        return 0;
      }
      ops.release_device?.(dev); // JS: a driver need not have it
    }
    this.dev_iommu_free(dev);

    return ret;
  }

  /** Finds the device a group and a default domain and attaches it; 0 or an error. C: iommu.c iommu_probe_device */
  iommu_probe_device(dev: device): number {
    const ops = bus_ops(dev.bus);

    let ret = this.__iommu_probe_device(dev);
    if (ret) return ret; // JS: C goes to err_out, which only returns

    err_release: {
      const group = this.iommu_group_get(dev);
      if (!group) {
        ret = -ENODEV;
        break err_release;
      }

      // Some drivers have no default domains, so a failure is no error here.
      this.iommu_alloc_default_domain(group, dev);

      if (group.default_domain) {
        ret = this.__iommu_attach_device(group.default_domain, dev);
        if (ret) {
          this.iommu_group_put(group);
          break err_release;
        }
      }

      this.iommu_create_device_direct_mappings(group, dev);

      this.iommu_group_put(group);

      ops?.probe_finalize?.(dev);

      return 0;
    }
    this.iommu_release_device(dev);

    return ret; // JS: C's label err_out
  }

  /** Undoes iommu_probe_device; nothing for a device that was not probed. C: iommu.c iommu_release_device */
  iommu_release_device(dev: device): void {
    const ops = bus_ops(dev.bus);

    if (!dev.iommu) return;

    ops?.release_device?.(dev); // JS: a driver need not have it

    this.iommu_group_remove_device(dev);
    this.dev_iommu_free(dev);
  }

  /** Asked for by a driver; the command line wins over a request to relax. C: iommu.c iommu_set_dma_strict */
  iommu_set_dma_strict(strict: boolean): void {
    if (strict || !this.iommu_cmd_line_strict) this.iommu_dma_strict = strict;
  }

  /** Only DMA domains may be flushed lazily. C: iommu.c iommu_get_dma_strict */
  iommu_get_dma_strict(domain: iommu_domain): boolean {
    if (domain.type === IOMMU_DOMAIN_DMA) return this.iommu_dma_strict;
    return true;
  }

  /** Inserts sorted by start and type, merging what overlaps or touches within one type. */
  private iommu_insert_resv_region(
    region: iommu_resv_region,
    regions: list_head<iommu_resv_region>,
  ): number {
    const stack = new list_head<iommu_resv_region>();

    const nr = this.iommu_alloc_resv_region(region.start, region.length, region.prot, region.type);
    if (!nr) return -ENOMEM;

    let at = regions.next;
    for (; at !== regions; at = at.next) {
      const iter = list_entry(at);
      if (nr.start < iter.start || (nr.start === iter.start && nr.type <= iter.type)) break;
    }
    list_add_tail(nr.list, at);

    for (const iter of list_for_each_entry_safe(regions)) {
      // JS: C continues the loop if there is none (deviation 9).
      const top = iter.type === region.type ? this.last_of_type(stack, iter.type) : null;
      const top_end = top ? u64_sub(u64_add(top.start, top.length), 1) : 0;
      // JS: C has the else first.
      if (top && iter.start <= u64_add(top_end, 1)) {
        const iter_end = u64_sub(u64_add(iter.start, iter.length), 1);
        top.length = u64_add(u64_sub(Math.max(top_end, iter_end), top.start), 1);
        list_del(iter.list);
        this.k.slab.kfree(iter);
      } else {
        list_del(iter.list);
        list_add_tail(iter.list, stack);
      }
    }
    for (const iter of list_for_each_entry_safe(stack)) {
      list_del(iter.list);
      list_add_tail(iter.list, regions);
    }
    return 0;
  }

  /** JS: what C looks for on the way back through the list, with list_for_each_entry_reverse. */
  private last_of_type(
    stack: list_head<iommu_resv_region>,
    type: number,
  ): iommu_resv_region | null {
    for (let at = stack.prev; at !== stack; at = at.prev)
      if (list_entry(at).type === type) return list_entry(at);
    return null;
  }

  private iommu_insert_device_resv_regions(
    dev_resv_regions: list_head<iommu_resv_region>,
    group_resv_regions: list_head<iommu_resv_region>,
  ): number {
    let ret = 0;
    for (const entry of list_for_each_entry(dev_resv_regions)) {
      ret = this.iommu_insert_resv_region(entry, group_resv_regions);
      if (ret) break;
    }
    return ret;
  }

  /** Regions of all devices of a group; the caller frees them. C: iommu.c iommu_get_group_resv_regions */
  iommu_get_group_resv_regions(group: iommu_group, head: list_head<iommu_resv_region>): number {
    let ret = 0;

    this.k.locks.mutex_lock(group.mutex);
    for (const entry of list_for_each_entry(group.devices)) {
      const dev_resv_regions = new list_head<iommu_resv_region>();
      this.iommu_get_resv_regions(deref(entry.dev), dev_resv_regions);
      ret = this.iommu_insert_device_resv_regions(dev_resv_regions, head);
      this.iommu_put_resv_regions(deref(entry.dev), dev_resv_regions);
      if (ret) break;
    }
    this.k.locks.mutex_unlock(group.mutex);
    return ret;
  }

  /** The last reference is gone. */
  private iommu_group_release(group: iommu_group): void {
    this.iommu_group_ida.delete(group.id); // deviation 10

    if (group.default_domain) this.iommu_domain_free(group.default_domain);

    this.k.slab.kfree(group);
  }

  /** An empty group with one reference, the caller's; null without memory. C: iommu.c iommu_group_alloc */
  iommu_group_alloc(): iommu_group | null {
    const group = this.k.slab.kzalloc(iommu_group, GFP_KERNEL);
    if (!group) return null;

    INIT_LIST_HEAD(group.devices); // deviation 7

    while (this.iommu_group_ida.has(group.id)) group.id++; // JS: ida_simple_get: the lowest number that is free // deviation 3
    this.iommu_group_ida.add(group.id);
    group.refs = 1;

    return group;
  }

  /** Maps the 1:1 regions of a device into its group's default domain. */
  private iommu_create_device_direct_mappings(group: iommu_group, dev: device): number {
    const domain = group.default_domain;
    const mappings = new list_head<iommu_resv_region>();
    let ret = 0;

    if (domain?.type !== IOMMU_DOMAIN_DMA) return 0;

    BUG_ON(domain.pgsize_bitmap === 0, 'domain without page sizes');

    const pg_size = BIT(__ffs(domain.pgsize_bitmap));

    this.iommu_get_resv_regions(dev, mappings);

    out: {
      for (const entry of list_for_each_entry(mappings)) {
        deref(domain.ops).apply_resv_region?.(dev, domain, entry);

        const start = ALIGN(entry.start, pg_size);
        const end = ALIGN(entry.start + entry.length, pg_size);

        if (entry.type !== IOMMU_RESV_DIRECT && entry.type !== IOMMU_RESV_DIRECT_RELAXABLE)
          continue;

        let map_size = 0;
        for (let addr = start; addr <= end; addr += pg_size) {
          // finding 51. JS: at the end C goes to map_end, the label of the next branch.
          if (addr !== end && !this.iommu_iova_to_phys(domain, dma_addr_t(addr))) {
            map_size += pg_size;
            continue;
          }
          // JS: C's label map_end.
          if (map_size) {
            const from = addr - map_size;
            ret = this.iommu_map(domain, dma_addr_t(from), phys_addr_t(from), map_size, entry.prot);
            if (ret) break out;
            map_size = 0;
          }
        }
      }

      iommu_flush_iotlb_all(domain);
    }
    this.iommu_put_resv_regions(dev, mappings);

    return ret;
  }

  private iommu_is_attach_deferred(domain: iommu_domain, dev: device): boolean {
    const ops = deref(domain.ops);
    if (ops.is_attach_deferred) return ops.is_attach_deferred(domain, dev);

    return false;
  }

  /** Puts a device into a group, which it then holds, attaching it if the group has a domain. C: iommu.c iommu_group_add_device */
  iommu_group_add_device(group: iommu_group, dev: device): number {
    let ret = 0;

    const gdev = this.k.slab.kzalloc(group_device, GFP_KERNEL);
    if (!gdev) return -ENOMEM;

    gdev.dev = dev;

    group.refs++;

    dev.iommu_group = group;

    this.k.locks.mutex_lock(group.mutex);
    list_add_tail(gdev.list, group.devices);
    if (group.domain && !this.iommu_is_attach_deferred(group.domain, dev))
      ret = this.__iommu_attach_device(group.domain, dev);
    this.k.locks.mutex_unlock(group.mutex);
    err_put_group: {
      if (ret) break err_put_group;

      this.k.log.pr_info(`${dev_name(dev)}: Adding to iommu group ${String(group.id)}`); // deviation 5

      return 0;
    }
    this.k.locks.mutex_lock(group.mutex);
    list_del(gdev.list);
    this.k.locks.mutex_unlock(group.mutex);
    dev.iommu_group = null;
    this.iommu_group_put(group); // deviation 11
    this.k.slab.kfree(gdev);
    this.k.log.pr_err(
      `${dev_name(dev)}: Failed to add to iommu group ${String(group.id)}: ${String(ret)}`,
    );
    return ret;
  }

  /** C: iommu.c iommu_group_remove_device */
  iommu_group_remove_device(dev: device): void {
    const group = deref(dev.iommu_group) as iommu_group;
    let gdev: group_device | null = null;

    this.k.log.pr_info(`${dev_name(dev)}: Removing from iommu group ${String(group.id)}`);

    this.k.locks.mutex_lock(group.mutex);
    for (const tmp of list_for_each_entry(group.devices)) {
      if (tmp.dev === dev) {
        gdev = tmp;
        list_del(tmp.list);
        break;
      }
    }
    this.k.locks.mutex_unlock(group.mutex);

    if (!gdev) return;

    this.k.slab.kfree(gdev);
    dev.iommu_group = null;
    this.iommu_group_put(group);
  }

  private iommu_group_device_count(group: iommu_group): number {
    // JS: list_count; C counts in a loop.
    return list_count(group.devices);
  }

  /** Calls `fn` for each device of a group until it fails: its error, or 0. */
  private __iommu_group_for_each_dev(group: iommu_group, fn: (dev: device) => number): number {
    let ret = 0;

    for (const entry of list_for_each_entry(group.devices)) {
      ret = fn(deref(entry.dev));
      if (ret) break;
    }
    return ret;
  }

  /** The device's group with a reference more, or null. C: iommu.c iommu_group_get */
  iommu_group_get(dev: device): iommu_group | null {
    const group = dev.iommu_group as iommu_group | null;

    if (group) group.refs++;

    return group;
  }

  /** A further reference. C: iommu.c iommu_group_ref_get */
  iommu_group_ref_get(group: iommu_group): iommu_group {
    group.refs++;
    return group;
  }

  /** Drops a reference; the last one takes the group and its default domain with it. C: iommu.c iommu_group_put */
  iommu_group_put(group: iommu_group | null): void {
    if (group && --group.refs === 0) this.iommu_group_release(group); // deviation 3
  }

  /** A group for one device. C: iommu.c generic_device_group */
  generic_device_group(_dev: device): iommu_group | null {
    return this.iommu_group_alloc();
  }

  private iommu_get_def_domain_type(dev: device): number {
    if (dev_is_pci(dev) && to_pci_dev(dev).untrusted) return IOMMU_DOMAIN_DMA;
    const ops = deref(bus_ops(dev.bus));
    if (ops.def_domain_type) return ops.def_domain_type(dev);

    return 0;
  }

  private iommu_group_alloc_default_domain(
    bus: bus_type | null,
    group: iommu_group,
    type: number,
  ): number {
    let dom = this.__iommu_domain_alloc(bus, type);
    if (!dom && type !== IOMMU_DOMAIN_DMA) {
      dom = this.__iommu_domain_alloc(bus, IOMMU_DOMAIN_DMA);
      if (dom)
        this.k.log.pr_warn(
          `iommu: Failed to allocate default IOMMU domain of type ${String(type)} for group ${group.name ?? '(null)'} - Falling back to IOMMU_DOMAIN_DMA`,
        );
    }

    if (!dom) return -ENOMEM;

    group.default_domain = dom;
    group.domain ??= dom;
    return 0;
  }

  private iommu_alloc_default_domain(group: iommu_group, dev: device): number {
    if (group.default_domain) return 0;

    const type = this.iommu_get_def_domain_type(dev) || this.iommu_def_domain_type;

    return this.iommu_group_alloc_default_domain(dev.bus, group, type);
  }

  /** With a reference for the caller; JS: an error number for C's ERR_PTR. */
  private iommu_group_get_for_dev(dev: device): iommu_group | number {
    const present = this.iommu_group_get(dev);
    if (present) return present;

    // JS: without ops C returns EINVAL (an ERR_PTR: here NULL), and ends the branch.
    const group = bus_ops(dev.bus)?.device_group?.(dev);
    // JS: null is C's ERR_PTR(-ENOMEM): C asks IS_ERR and returns it. For NULL it returns EINVAL, with WARN_ON_ONCE.
    if (!group) return -ENOMEM;

    const ret = this.iommu_group_add_device(group, dev);
    out_put_group: {
      if (ret) break out_put_group;

      return group;
    }
    this.iommu_group_put(group);

    return ret;
  }

  /** C: iommu.c iommu_group_default_domain */
  iommu_group_default_domain(group: iommu_group): iommu_domain | null {
    return group.default_domain;
  }

  private __iommu_domain_alloc(bus: bus_type | null, type: number): iommu_domain | null {
    const ops = bus_ops(bus);
    if (!ops) return null; // JS: C asks for the bus first, and returns NULL without one

    const domain = ops.domain_alloc(type);
    if (!domain) return null;

    domain.ops = ops;
    domain.type = type;
    // All sizes of the driver, unless it has fewer for this domain later on.
    domain.pgsize_bitmap = ops.pgsize_bitmap;

    return domain;
  }

  /** A domain for a user who manages addresses himself; null on failure. C: iommu.c iommu_domain_alloc */
  iommu_domain_alloc(bus: bus_type | null): iommu_domain | null {
    return this.__iommu_domain_alloc(bus, IOMMU_DOMAIN_UNMANAGED);
  }

  /** C: iommu.c iommu_domain_free */
  iommu_domain_free(domain: iommu_domain): void {
    deref(domain.ops).domain_free(domain);
  }

  private __iommu_attach_device(domain: iommu_domain, dev: device): number {
    const ops = deref(domain.ops);
    if (!ops.attach_dev) return -ENODEV;

    return ops.attach_dev(domain, dev); // deviation 12
  }

  /** Attaches a device that is alone in its group; 0, -ENODEV, -EINVAL or -EBUSY. C: iommu.c iommu_attach_device */
  iommu_attach_device(domain: iommu_domain, dev: device): number {
    const group = this.iommu_group_get(dev);
    if (!group) return -ENODEV;

    this.k.locks.mutex_lock(group.mutex);
    let ret = -EINVAL;
    out_unlock: {
      if (this.iommu_group_device_count(group) !== 1) break out_unlock;

      ret = this.__iommu_attach_group(domain, group);
    }
    this.k.locks.mutex_unlock(group.mutex);
    this.iommu_group_put(group);

    return ret;
  }

  /** Attaches now what was put off at boot (kdump). C: iommu.c iommu_deferred_attach */
  iommu_deferred_attach(dev: device, domain: iommu_domain): number {
    // JS: C asks ops->is_attach_deferred itself, as iommu_is_attach_deferred does.
    if (this.iommu_is_attach_deferred(domain, dev)) return this.__iommu_attach_device(domain, dev);

    return 0;
  }

  private __iommu_detach_device(domain: iommu_domain, dev: device): void {
    if (this.iommu_is_attach_deferred(domain, dev)) return;

    const ops = deref(domain.ops);
    if (!ops.detach_dev) return;

    ops.detach_dev(domain, dev);
  }

  /** C: iommu.c iommu_detach_device */
  iommu_detach_device(domain: iommu_domain, dev: device): void {
    const group = this.iommu_group_get(dev);
    if (!group) return;

    this.k.locks.mutex_lock(group.mutex);
    out_unlock: {
      if (this.iommu_group_device_count(group) !== 1) {
        this.k.log.WARN_ON(true, 'detaching a device that is not alone');
        break out_unlock;
      }

      this.__iommu_detach_group(domain, group);
    }
    this.k.locks.mutex_unlock(group.mutex);
    this.iommu_group_put(group);
  }

  /** The domain a device is in now, or null. C: iommu.c iommu_get_domain_for_dev */
  iommu_get_domain_for_dev(dev: device): iommu_domain | null {
    const group = this.iommu_group_get(dev);
    if (!group) return null;

    const domain = group.domain;

    this.iommu_group_put(group);

    return domain;
  }

  /** The default domain, known to exist. C: iommu.c iommu_get_dma_domain */
  iommu_get_dma_domain(dev: device): iommu_domain {
    return deref((deref(dev.iommu_group) as iommu_group).default_domain);
  }

  private __iommu_attach_group(domain: iommu_domain, group: iommu_group): number {
    if (group.default_domain && group.domain !== group.default_domain) return -EBUSY;

    // JS: the closure is iommu_group_do_attach_device, which calls __iommu_attach_device.
    const ret = this.__iommu_group_for_each_dev(group, (dev) =>
      this.__iommu_attach_device(domain, dev),
    );
    if (ret === 0) group.domain = domain;

    return ret;
  }

  /** C: iommu.c iommu_attach_group */
  iommu_attach_group(domain: iommu_domain, group: iommu_group): number {
    this.k.locks.mutex_lock(group.mutex);
    const ret = this.__iommu_attach_group(domain, group);
    this.k.locks.mutex_unlock(group.mutex);

    return ret;
  }

  private __iommu_detach_group(domain: iommu_domain, group: iommu_group): void {
    if (!group.default_domain) {
      // JS: iommu_group_do_detach_device, which calls __iommu_detach_device and returns 0.
      this.__iommu_group_for_each_dev(group, (dev) => {
        this.__iommu_detach_device(domain, dev);
        return 0;
      });
      group.domain = null;
      return;
    }

    if (group.domain === group.default_domain) return;

    // Detach by attaching to the default domain again.
    const { default_domain } = group;
    // JS: iommu_group_do_attach_device, which calls __iommu_attach_device.
    const ret = this.__iommu_group_for_each_dev(group, (dev) =>
      this.__iommu_attach_device(default_domain, dev),
    );
    if (ret !== 0) this.k.log.WARN_ON(true, 'cannot attach to the default domain again');
    else group.domain = group.default_domain;
  }

  /** C: iommu.c iommu_detach_group */
  iommu_detach_group(domain: iommu_domain, group: iommu_group): void {
    this.k.locks.mutex_lock(group.mutex);
    this.__iommu_detach_group(domain, group);
    this.k.locks.mutex_unlock(group.mutex);
  }

  /** What an address translates to, 0 if nothing. C: iommu.c iommu_iova_to_phys */
  iommu_iova_to_phys(domain: iommu_domain, iova: dma_addr_t): phys_addr_t {
    const ops = deref(domain.ops);
    if (!ops.iova_to_phys) return phys_addr_t(0);

    return ops.iova_to_phys(domain, iova);
  }

  /** The largest supported page that fits the alignment of the addresses and the size. */
  private iommu_pgsize(domain: iommu_domain, addr_merge: number, size: number): number {
    let pgsize_idx = __fls(size);

    // JS: __ffs as an argument; C has it in a variable of the branch.
    if (addr_merge) pgsize_idx = Math.min(pgsize_idx, __ffs(addr_merge));

    // The sizes up to that one: the low bits of the bitmap.
    const pgsize = mod_pow2(domain.pgsize_bitmap, BIT(pgsize_idx + 1));

    BUG_ON(pgsize === 0, 'no supported page size fits');

    return BIT(__fls(pgsize));
  }

  /** JS: C's pr_err of map and unmap, out of line, so that both are small enough to be inlined. */
  private pr_unaligned(iova: number, paddr: number | null, size: number, min_pagesz: number): void {
    const pa = paddr === null ? '' : ` pa 0x${paddr.toString(16).padStart(16, '0')}`;
    this.k.log.pr_err(
      `iommu: unaligned: iova 0x${iova.toString(16)}${pa} size 0x${size.toString(16)} min_pagesz 0x${min_pagesz.toString(16)}`,
    );
  }

  private __iommu_map(
    domain: iommu_domain,
    iova: dma_addr_t,
    paddr: phys_addr_t,
    size: number,
    prot: number,
    gfp: gfp_t,
  ): number {
    const ops = deref(domain.ops);
    const orig_iova = iova;
    const orig_size = size;
    const orig_paddr = paddr;
    let ret = 0;

    if (!ops.map || domain.pgsize_bitmap === 0) return -ENODEV;

    if ((domain.type & __IOMMU_DOMAIN_PAGING) === 0) return -EINVAL;

    const min_pagesz = BIT(__ffs(domain.pgsize_bitmap));

    if (!ALL_ALIGNED(iova, paddr, size, min_pagesz)) {
      this.pr_unaligned(iova, paddr, size, min_pagesz); // deviation 13
      return -EINVAL;
    }

    while (size) {
      // JS: for one smallest page there is no choice, and the driver has not had a say yet.
      const pgsize =
        orig_size === min_pagesz ? orig_size : this.iommu_pgsize(domain, or64(iova, paddr), size);

      ret = ops.map(domain, iova, paddr, pgsize, prot, gfp);

      if (ret) break;

      iova = dma_addr_t(iova + pgsize);
      paddr = phys_addr_t(paddr + pgsize);
      size -= pgsize;
    }

    // What was mapped before a failure goes again.
    if (ret) {
      check_address('iommu_map', orig_paddr); // JS: check_address; no driver takes what is no page
      this.iommu_unmap(domain, orig_iova, orig_size - size);
    }
    // JS: the trace point is connected or not.
    else this.trace.trace_map?.(orig_iova, orig_paddr, orig_size);

    return ret;
  }

  private _iommu_map(
    domain: iommu_domain,
    iova: dma_addr_t,
    paddr: phys_addr_t,
    size: number,
    prot: number,
    gfp: gfp_t,
  ): number {
    const ret = this.__iommu_map(domain, iova, paddr, size, prot, gfp);
    const ops = deref(domain.ops);
    if (ret === 0 && ops.iotlb_sync_map) ops.iotlb_sync_map(domain, iova, size);

    return ret;
  }

  /** Maps; may sleep. 0 or a negative error number. C: iommu.c iommu_map */
  iommu_map(
    domain: iommu_domain,
    iova: dma_addr_t,
    paddr: phys_addr_t,
    size: number,
    prot: number,
  ): number {
    this.k.context.might_sleep();
    return this._iommu_map(domain, iova, paddr, size, prot, GFP_KERNEL);
  }

  /** Maps without sleeping. C: iommu.c iommu_map_atomic */
  iommu_map_atomic(
    domain: iommu_domain,
    iova: dma_addr_t,
    paddr: phys_addr_t,
    size: number,
    prot: number,
  ): number {
    return this._iommu_map(domain, iova, paddr, size, prot, GFP_ATOMIC);
  }

  private __iommu_unmap(
    domain: iommu_domain,
    iova: dma_addr_t,
    size: number,
    iotlb_gather: iommu_iotlb_gather,
  ): number {
    const ops = deref(domain.ops);
    const orig_iova = iova;
    let unmapped = 0;

    if (!ops.unmap || domain.pgsize_bitmap === 0) return 0;

    if ((domain.type & __IOMMU_DOMAIN_PAGING) === 0) return 0;

    const min_pagesz = BIT(__ffs(domain.pgsize_bitmap));

    if (!ALL_ALIGNED(iova, size, 0, min_pagesz)) {
      this.pr_unaligned(iova, null, size, min_pagesz);
      return 0;
    }

    // Until all is unmapped, or more, or there is a hole.
    while (unmapped < size) {
      // JS: the choice as in __iommu_map.
      const pgsize =
        size === min_pagesz && unmapped === 0
          ? size
          : this.iommu_pgsize(domain, iova, size - unmapped);

      const unmapped_page = ops.unmap(domain, iova, pgsize, iotlb_gather);
      if (!unmapped_page) break;

      iova = dma_addr_t(iova + unmapped_page);
      unmapped += unmapped_page;
    }

    this.trace.trace_unmap?.(orig_iova, size, unmapped); // JS: the trace point is connected or not
    return unmapped;
  }

  /** Unmaps and flushes; bytes unmapped. C: iommu.c iommu_unmap */
  iommu_unmap(domain: iommu_domain, iova: dma_addr_t, size: number): number {
    const iotlb_gather = new iommu_iotlb_gather(); // deviation 4
    iommu_iotlb_gather_init(iotlb_gather);
    const ret = this.__iommu_unmap(domain, iova, size, iotlb_gather);
    iommu_iotlb_sync(domain, iotlb_gather);

    return ret;
  }

  /** Unmaps; the caller flushes what was gathered. C: iommu.c iommu_unmap_fast */
  iommu_unmap_fast(
    domain: iommu_domain,
    iova: dma_addr_t,
    size: number,
    iotlb_gather: iommu_iotlb_gather,
  ): number {
    return this.__iommu_unmap(domain, iova, size, iotlb_gather);
  }

  private __iommu_map_sg(
    domain: iommu_domain,
    iova: dma_addr_t,
    sg: scatterlist,
    nents: number,
    prot: number,
    gfp: gfp_t,
  ): number {
    const ops = deref(domain.ops);
    let len = 0;
    let mapped = 0;
    let start = phys_addr_t(0);
    let i = 0;

    out_err: {
      // One round more than there are entries: the last one maps what has been gathered.
      while (i <= nents) {
        const s_phys = sg_phys(sg);

        // finding 40
        if (len && s_phys !== start + len) {
          const ret = this.__iommu_map(domain, dma_addr_t(iova + mapped), start, len, prot, gfp);

          if (ret) break out_err;

          mapped += len;
          len = 0;
        }

        if (len) {
          len += sg.length;
        } else {
          len = sg.length;
          start = s_phys;
        }

        if (++i < nents) sg = deref(sg_next(sg));
      }

      ops.iotlb_sync_map?.(domain, iova, mapped);
      return mapped;
    }
    this.iommu_unmap(domain, iova, mapped);

    return 0;
  }

  /** Maps a list to one range, physically adjacent entries together; may sleep. Bytes mapped, 0 on failure. C: iommu.c */
  iommu_map_sg(
    domain: iommu_domain,
    iova: dma_addr_t,
    sg: scatterlist,
    nents: number,
    prot: number,
  ): number {
    this.k.context.might_sleep();
    return this.__iommu_map_sg(domain, iova, sg, nents, prot, GFP_KERNEL);
  }

  /** The same without sleeping. C: iommu.c iommu_map_sg_atomic */
  iommu_map_sg_atomic(
    domain: iommu_domain,
    iova: dma_addr_t,
    sg: scatterlist,
    nents: number,
    prot: number,
  ): number {
    return this.__iommu_map_sg(domain, iova, sg, nents, prot, GFP_ATOMIC);
  }

  /** Asks the driver for a device's regions. C: iommu.c iommu_get_resv_regions */
  iommu_get_resv_regions(dev: device, list: list_head<iommu_resv_region>): void {
    bus_ops(dev.bus)?.get_resv_regions?.(dev, list);
  }

  /** C: iommu.c iommu_put_resv_regions */
  iommu_put_resv_regions(dev: device, list: list_head<iommu_resv_region>): void {
    bus_ops(dev.bus)?.put_resv_regions?.(dev, list);
  }

  /** Frees regions that came from iommu_alloc_resv_region. C: iommu.c generic_iommu_put_resv_regions */
  generic_iommu_put_resv_regions(_dev: device, list: list_head<iommu_resv_region>): void {
    for (const entry of list_for_each_entry_safe(list)) this.k.slab.kfree(entry);
  }

  /** Null without memory. C: iommu.c iommu_alloc_resv_region */
  iommu_alloc_resv_region(
    start: phys_addr_t,
    length: number,
    prot: number,
    type: iommu_resv_type,
  ): iommu_resv_region | null {
    const region = this.k.slab.kzalloc(iommu_resv_region, GFP_KERNEL);
    if (!region) return null;

    region.start = start;
    region.length = length;
    region.prot = prot;
    region.type = type;
    return region;
  }

  /** C: iommu.c iommu_default_passthrough */
  iommu_default_passthrough(): boolean {
    return this.iommu_def_domain_type === IOMMU_DOMAIN_IDENTITY;
  }
}
