// SPDX-License-Identifier: GPL-2.0-only
// The driver of the paravirtualised IOMMU: each domain's mappings in a tree, each change a request to the device.
// C: drivers/iommu/virtio-iommu.c of v5.13, which flushes nothing lazily. See docs/porting.md#virtio-iommu

import {
  EFAULT,
  EINVAL,
  EIO,
  ENODEV,
  ENOENT,
  ENOMEM,
  ENOSPC,
  ENOSYS,
  ERANGE,
  BIT,
  BUG_ON,
  GFP_ATOMIC,
  GFP_KERNEL,
  INIT_LIST_HEAD,
  PAGE_SIZE,
  U32_MAX,
  U64_MAX,
  __ffs,
  deref,
  dev_name,
  type device,
  dma_addr_t,
  type gfp_t,
  type kmem_cache,
  list_add,
  list_add_tail,
  list_del,
  list_empty,
  list_for_each_entry,
  list_head,
  type machine,
  mutex,
  type opaque,
  order_base_2,
  phys_addr_t,
  spinlock_t,
  u64_add,
  u64_sub,
} from '@iommu-bounce/linux-shim';
import {
  interval_tree_insert,
  interval_tree_iter_first,
  interval_tree_iter_next,
  interval_tree_node,
  interval_tree_remove,
  rb_root_cached,
} from './interval_tree';
import { dev_iommu_priv_get, dev_iommu_priv_set, type iommu_c } from './iommu';
import {
  IOMMU_DOMAIN_DMA,
  IOMMU_DOMAIN_UNMANAGED,
  IOMMU_MMIO,
  IOMMU_NOEXEC,
  IOMMU_READ,
  IOMMU_RESV_MSI,
  IOMMU_RESV_RESERVED,
  IOMMU_RESV_SW_MSI,
  IOMMU_WRITE,
  iommu_domain,
  iommu_domain_geometry,
  type iommu_group,
  type iommu_iotlb_gather,
  type iommu_ops,
  iommu_resv_region,
} from './iommu.h';
import type { dma_iommu_h } from './dma-iommu.h';
import {
  VIRTIO_F_VERSION_1,
  virtio_buf,
  type virtio_device,
  type virtqueue,
  type vq_callback_t,
} from './virtio/virtio.h';
import {
  VIRTIO_IOMMU_FAULT_F_ADDRESS,
  VIRTIO_IOMMU_FAULT_F_EXEC,
  VIRTIO_IOMMU_FAULT_F_READ,
  VIRTIO_IOMMU_FAULT_F_WRITE,
  VIRTIO_IOMMU_FAULT_R_DOMAIN,
  VIRTIO_IOMMU_FAULT_R_MAPPING,
  VIRTIO_IOMMU_F_DOMAIN_RANGE,
  VIRTIO_IOMMU_F_INPUT_RANGE,
  VIRTIO_IOMMU_F_MAP_UNMAP,
  VIRTIO_IOMMU_F_MMIO,
  VIRTIO_IOMMU_F_PROBE,
  VIRTIO_IOMMU_MAP_F_MMIO,
  VIRTIO_IOMMU_MAP_F_READ,
  VIRTIO_IOMMU_MAP_F_WRITE,
  VIRTIO_IOMMU_PROBE_T_MASK,
  VIRTIO_IOMMU_PROBE_T_NONE,
  VIRTIO_IOMMU_PROBE_T_RESV_MEM,
  VIRTIO_IOMMU_RESV_MEM_T_MSI,
  VIRTIO_IOMMU_RESV_MEM_T_RESERVED,
  VIRTIO_IOMMU_S_FAULT,
  VIRTIO_IOMMU_S_INVAL,
  VIRTIO_IOMMU_S_IOERR,
  VIRTIO_IOMMU_S_NOENT,
  VIRTIO_IOMMU_S_NOMEM,
  VIRTIO_IOMMU_S_OK,
  VIRTIO_IOMMU_S_RANGE,
  VIRTIO_IOMMU_S_UNSUPP,
  VIRTIO_IOMMU_T_ATTACH,
  VIRTIO_IOMMU_T_MAP,
  VIRTIO_IOMMU_T_PROBE,
  VIRTIO_IOMMU_T_UNMAP,
  get_le64,
  get_le64_mask,
  put_le64,
  virtio_iommu_config,
  virtio_iommu_fault,
  virtio_iommu_probe_property,
  virtio_iommu_probe_resv_mem,
  virtio_iommu_req_attach,
  virtio_iommu_req_map,
  virtio_iommu_req_probe,
  virtio_iommu_req_tail,
  virtio_iommu_req_unmap,
} from './virtio/virtio_iommu.h';

// Error numbers that the shim does not name, for the series returns neither.
const EXDEV = 18;
const EOVERFLOW = 75;

const MSI_IOVA_BASE = 0x8000000;
const MSI_IOVA_LENGTH = 0x100000;

const VIOMMU_REQUEST_VQ = 0;
const VIOMMU_EVENT_VQ = 1;
const VIOMMU_NR_VQS = 2;

/** An IOMMU device. */
export class viommu_dev {
  static readonly sizeof = 168;
  dev: device | null = null;
  vdev: virtio_device | null = null;

  readonly domain_ids = new Set<number>();

  readonly vqs: (virtqueue | null)[] = new Array<virtqueue | null>(VIOMMU_NR_VQS).fill(null);
  /** Guards the request queue and `requests`. */
  readonly request_lock = new spinlock_t();
  readonly requests = new list_head<viommu_request>();
  evts: viommu_event[] | null = null;

  // What the configuration space says.
  readonly geometry = new iommu_domain_geometry();
  pgsize_bitmap = 0;
  first_domain = 0;
  last_domain = 0;
  /** Flags that MAP requests may have. */
  map_flags = 0;
  probe_size = 0;
}

export class viommu_mapping {
  static readonly sizeof = 64;
  paddr: phys_addr_t = phys_addr_t(0);
  readonly iova = new interval_tree_node<viommu_mapping>(this);
  flags = 0;
  /** JS: given out by the slab, and not given back. */
  allocated = false;
}

/** JS: extends iommu_domain, which the C embeds. */
export class viommu_domain extends iommu_domain {
  static readonly sizeof = 152;
  viommu: viommu_dev | null = null;
  /** Guards `viommu`. */
  readonly mutex = new mutex();
  id = 0;
  map_flags = 0;

  readonly mappings_lock = new spinlock_t();
  readonly mappings = new rb_root_cached<viommu_mapping>();

  nr_endpoints = 0;
}

/** A device behind the IOMMU. */
export class viommu_endpoint {
  static readonly sizeof = 40;
  dev: device | null = null;
  viommu: viommu_dev | null = null;
  vdomain: viommu_domain | null = null;
  readonly resv_regions = new list_head<iommu_resv_region>();
}

/** A request under way. */
export class viommu_request {
  static readonly sizeof = 32;
  readonly list = new list_head<viommu_request>(this);
  /** Whose bytes from write_offset on get what the device wrote. JS: C points at the byte. */
  writeback: virtio_buf | null = null;
  write_offset = 0;
  len = 0;
  readonly buf: virtio_buf;
  /** JS: given out by the slab, and not given back. */
  allocated = false;

  constructor(size: number = REQUEST_BYTES) {
    this.buf = new virtio_buf(size);
  }
}

const VIOMMU_FAULT_RESV_MASK = 0xffffff00;

/** A buffer of the event queue. */
export class viommu_event {
  static readonly sizeof = 24;
  readonly fault: virtio_buf;

  /** JS: entry `i` of the array that C has in `memory`. */
  constructor(memory: ArrayBuffer, i: number) {
    const size = virtio_iommu_fault.sizeof;
    this.fault = new virtio_buf(size, memory, i * size);
  }
}

/** What firmware says of a device's IOMMU. C: include/linux/iommu.h; JS: kept by the driver, which alone reads it. */
export class iommu_fwspec {
  ops: iommu_ops | null = null;
  iommu_fwnode: opaque | null = null;
  num_ids = 0;
  ids: readonly number[] = [];
}

/** JS: requests and the structs they are copied from are this large, save PROBE. */
const REQUEST_BYTES = virtio_iommu_req_map.sizeof;

/** container_of() */
export function to_viommu_domain(domain: iommu_domain): viommu_domain {
  if (!(domain instanceof viommu_domain)) throw new TypeError('not a domain of virtio-iommu');
  return domain;
}

/** container_of(): the mapping of a node of the tree. */
function to_mapping(node: interval_tree_node<viommu_mapping>): viommu_mapping {
  return node.owner;
}

// Loops over words: the 36 bytes of a MAP take 24 ns as bytes, 42 ns by set(subarray) and 50 ns by fill() (Node 20).

/** JS: C's memcpy() of a request. The same range of two buffers; `offset` is a multiple of 4, as each part of a request begins. */
function memcpy(dst: virtio_buf, src: virtio_buf, offset: number, len: number): void {
  const to = dst.words;
  const from = src.words;
  const end = offset + len;
  for (let i = offset >> 2; i < end >> 2; i++) to[i] = from[i] as number;
  for (let at = end & ~3; at < end; at++) dst.bytes[at] = src.bytes[at] as number;
}

/** JS: C's memset() of a request. A range of a buffer; `offset` is a multiple of 4. */
function memset(dst: virtio_buf, byte: number, offset: number, len: number): void {
  const to = dst.words;
  const end = offset + len;
  for (let i = offset >> 2; i < end >> 2; i++) to[i] = byte * 0x01010101;
  for (let at = end & ~3; at < end; at++) dst.bytes[at] = byte;
}

function viommu_get_req_errno(buf: virtio_buf, len: number): number {
  switch (buf.view.getUint8(len - virtio_iommu_req_tail.sizeof + virtio_iommu_req_tail.status)) {
    case VIRTIO_IOMMU_S_OK: // finding 59: also when nothing was copied
      return 0;
    case VIRTIO_IOMMU_S_UNSUPP:
      return -ENOSYS;
    case VIRTIO_IOMMU_S_INVAL:
      return -EINVAL;
    case VIRTIO_IOMMU_S_RANGE:
      return -ERANGE;
    case VIRTIO_IOMMU_S_NOENT:
      return -ENOENT;
    case VIRTIO_IOMMU_S_FAULT:
      return -EFAULT;
    case VIRTIO_IOMMU_S_NOMEM:
      return -ENOMEM;
    default: // JS: C names VIRTIO_IOMMU_S_IOERR and VIRTIO_IOMMU_S_DEVERR too
      return -EIO;
  }
}

function viommu_set_req_status(buf: virtio_buf, len: number, status: number): void {
  buf.view.setUint8(len - virtio_iommu_req_tail.sizeof + virtio_iommu_req_tail.status, status); // deviation 8
}

/** Where the part of a request begins that the device writes. */
function viommu_get_write_desc_offset(viommu: viommu_dev, req: virtio_buf, len: number): number {
  const tail_size = virtio_iommu_req_tail.sizeof;

  if (req.view.getUint8(0) === VIRTIO_IOMMU_T_PROBE) return len - viommu.probe_size - tail_size;

  return len - tail_size;
}

/** drivers/iommu/virtio-iommu.c; it is the table viommu_ops too, whose entries are the methods without `viommu_`. */
export class virtio_iommu_c implements iommu_ops {
  pgsize_bitmap = 0;

  /** Everything is static in C: the device core and the IOMMU core get tables. */
  static readonly symbols: readonly string[] = [];
  /** What the driver understands; a feature is used if the device has it too. C: features[] */
  static readonly features: readonly number[] = [
    VIRTIO_IOMMU_F_MAP_UNMAP,
    VIRTIO_IOMMU_F_INPUT_RANGE,
    VIRTIO_IOMMU_F_DOMAIN_RANGE,
    VIRTIO_IOMMU_F_PROBE,
    VIRTIO_IOMMU_F_MMIO,
  ];

  /** JS: the devices bound to virtio_iommu_drv. */
  private readonly bound = new Set<virtio_device>();
  private readonly fwspecs = new WeakMap<device, iommu_fwspec>();
  // JS: what C has on the stack or gets from the slab for the length of a request. Objects are used again: a buffer
  // takes 740 ns to make (Node 20), a whole map and unmap 1,000 ns. The slab counts them and does not know each one: a
  // Set that keeps losing and gaining the same few objects among 60,000 others takes 30,000 ns for it. Counts beside the
  // arrays, here and in virtio/, where pop() and push() take 5 % of a plain pair longer.
  private readonly stack: virtio_buf[] = [];
  private stack_depth = 0;
  private readonly free_requests: viommu_request[] = [];
  private nr_free_requests = 0;
  private readonly free_mappings: viommu_mapping[] = [];
  private nr_free_mappings = 0;
  private readonly request_cache: kmem_cache<viommu_request>;
  private readonly mapping_cache: kmem_cache<viommu_mapping>;

  constructor(
    protected readonly k: machine,
    protected readonly iommu: iommu_c,
    protected readonly dma_iommu: Pick<
      dma_iommu_h,
      'iommu_get_dma_cookie' | 'iommu_put_dma_cookie' | 'iommu_setup_dma_ops'
    > &
      Partial<Pick<dma_iommu_h, 'iommu_dma_get_resv_regions'>>,
  ) {
    this.request_cache = k.slab.kmem_cache_create('viommu_request', viommu_request, 'kmalloc');
    this.mapping_cache = k.slab.kmem_cache_create('viommu_mapping', viommu_mapping, 'kmalloc');
  }

  // JS: memory of requests and mappings.

  /** A struct on the stack (deviation 2); take it off with pop_buf. Its bytes are what they were. */
  protected push_buf(): virtio_buf {
    return (this.stack[this.stack_depth++] ??= new virtio_buf(REQUEST_BYTES));
  }

  /** JS: the end of the function in C. */
  protected pop_buf(): void {
    this.stack_depth--;
  }

  /** kzalloc(sizeof(*req) + len), but for the zeros in its bytes: most are copied over at once (deviation 2). */
  private request_alloc(len: number, gfp: gfp_t): viommu_request | null {
    // JS: only a PROBE is larger than the others, by as much as the device says.
    if (len > REQUEST_BYTES && this.k.slab.kmalloc_too_large(viommu_request.sizeof + len, gfp))
      return null;
    if (!this.k.slab.kmem_cache_account(this.request_cache, gfp)) return null;

    let req: viommu_request;
    if (len <= REQUEST_BYTES && this.nr_free_requests > 0) {
      req = this.free_requests[--this.nr_free_requests] as viommu_request;
      req.writeback = null;
      req.write_offset = 0;
    } else {
      req = new viommu_request(Math.max(len, REQUEST_BYTES));
    }
    req.allocated = true;
    return req;
  }

  /** JS: kfree(req) (deviation 2, deviation 14). */
  private request_free(req: viommu_request): void {
    BUG_ON(!req.allocated, 'double free of a request');
    req.allocated = false;
    this.k.slab.kmem_cache_free(this.request_cache, req);
    if (req.buf.size === REQUEST_BYTES) this.free_requests[this.nr_free_requests++] = req;
  }

  /** JS: kzalloc(sizeof(*mapping)) (deviation 2). */
  private mapping_zalloc(gfp: gfp_t): viommu_mapping | null {
    if (!this.k.slab.kmem_cache_account(this.mapping_cache, gfp)) return null; // deviation 2

    const mapping =
      this.nr_free_mappings > 0
        ? (this.free_mappings[--this.nr_free_mappings] as viommu_mapping)
        : new viommu_mapping();
    mapping.allocated = true;
    return mapping;
  }

  /** JS: kfree(mapping) (deviation 2). */
  protected mapping_free(mapping: viommu_mapping): void {
    BUG_ON(!mapping.allocated, 'double free of a mapping');
    mapping.allocated = false;
    this.k.slab.kmem_cache_free(this.mapping_cache, mapping);
    this.free_mappings[this.nr_free_mappings++] = mapping;
  }

  // Requests.

  /** Has every request under way completed. Lock held. */
  protected __viommu_sync_req(viommu: viommu_dev): number {
    const vq = deref(viommu.vqs[VIOMMU_REQUEST_VQ]);

    this.k.locks.assert_spin_locked(viommu.request_lock);

    vq.virtqueue_kick();

    while (!list_empty(viommu.requests)) {
      const req = vq.virtqueue_get_buf() as viommu_request | null;
      if (!req) {
        vq.cpu_relax(); // JS: C spins without cpu_relax (deviation 4)
        continue;
      }
      const len = vq.len;

      if (!len) viommu_set_req_status(req.buf, req.len, VIRTIO_IOMMU_S_IOERR);

      // That status gets nowhere: a length of 0 is never write_len, so the caller's copy stays as it was, 0, a success.
      const write_len = req.len - req.write_offset;
      // finding 59
      if (req.writeback && len === write_len)
        memcpy(req.writeback, req.buf, req.write_offset, write_len);

      list_del(req.list);
      this.request_free(req);
    }

    return 0;
  }

  protected viommu_sync_req(viommu: viommu_dev): number {
    const flags = this.k.locks.spin_lock_irqsave(viommu.request_lock);
    const ret = this.__viommu_sync_req(viommu); // finding 57
    this.k.locks.spin_unlock_irqrestore(viommu.request_lock, flags);

    return ret;
  }

  /** Queues a request; has the queue completed only if there is no room. Lock held. */
  protected __viommu_add_req(
    viommu: viommu_dev,
    buf: virtio_buf,
    len: number,
    writeback: boolean,
  ): number {
    const vq = deref(viommu.vqs[VIOMMU_REQUEST_VQ]);

    this.k.locks.assert_spin_locked(viommu.request_lock);

    const write_offset = viommu_get_write_desc_offset(viommu, buf, len);
    if (write_offset <= 0) return -EINVAL;

    const req = this.request_alloc(len, GFP_ATOMIC);
    if (!req) return -ENOMEM;

    req.len = len;
    if (writeback) {
      req.writeback = buf;
      req.write_offset = write_offset;
    }
    memcpy(req.buf, buf, 0, write_offset);
    memset(req.buf, 0, write_offset, len - write_offset);

    let ret = vq.virtqueue_add_sgs(req.buf, write_offset, len - write_offset, req, GFP_ATOMIC);
    if (ret === -ENOSPC) {
      if (!this.__viommu_sync_req(viommu))
        ret = vq.virtqueue_add_sgs(req.buf, write_offset, len - write_offset, req, GFP_ATOMIC);
    }
    err_free: {
      if (ret) break err_free;

      list_add_tail(req.list, viommu.requests);
      return 0;
    }
    this.request_free(req);
    return ret;
  }

  /** Queues a request whose outcome nobody waits for. */
  protected viommu_add_req(viommu: viommu_dev, buf: virtio_buf, len: number): number {
    const flags = this.k.locks.spin_lock_irqsave(viommu.request_lock);
    const ret = this.__viommu_add_req(viommu, buf, len, false); // finding 57
    this.k.locks.spin_unlock_irqrestore(viommu.request_lock, flags);

    return ret;
  }

  /** Sends a request and waits; returns its status as an error number. */
  protected viommu_send_req_sync(viommu: viommu_dev, buf: virtio_buf, len: number): number {
    const flags = this.k.locks.spin_lock_irqsave(viommu.request_lock);

    let ret = this.__viommu_add_req(viommu, buf, len, true);
    out_unlock: {
      if (ret) break out_unlock;

      this.__viommu_sync_req(viommu);

      ret = viommu_get_req_errno(buf, len);
    }
    this.k.locks.spin_unlock_irqrestore(viommu.request_lock, flags);
    return ret;
  }

  /** JS: C writes the struct down where it is needed. Returns its size. */
  protected fill_map_req(
    map: virtio_buf,
    vdomain: viommu_domain,
    virt_start: number,
    virt_end: number,
    phys_start: number,
    flags: number,
  ): number {
    const { view } = map;
    view.setUint32(0, VIRTIO_IOMMU_T_MAP, true);
    view.setUint32(virtio_iommu_req_map.domain, vdomain.id, true);
    put_le64(view, virtio_iommu_req_map.virt_start, virt_start);
    put_le64(view, virtio_iommu_req_map.virt_end, virt_end);
    put_le64(view, virtio_iommu_req_map.phys_start, phys_start);
    view.setUint32(virtio_iommu_req_map.flags, flags, true);
    view.setUint32(virtio_iommu_req_map.tail, 0, true);
    return virtio_iommu_req_map.sizeof;
  }

  // Mappings.

  protected viommu_add_mapping(
    vdomain: viommu_domain,
    iova: dma_addr_t,
    paddr: phys_addr_t,
    size: number,
    flags: number,
  ): number {
    const mapping = this.mapping_zalloc(GFP_ATOMIC);
    if (!mapping) return -ENOMEM;

    mapping.paddr = paddr;
    mapping.iova.start = iova;
    mapping.iova.last = iova + size - 1;
    mapping.flags = flags;

    const irqflags = this.k.locks.spin_lock_irqsave(vdomain.mappings_lock);
    interval_tree_insert(mapping.iova, vdomain.mappings);
    this.k.locks.spin_unlock_irqrestore(vdomain.mappings_lock, irqflags);

    return 0;
  }

  /**
   * Forgets the mappings that meet the range, up to one that begins before it; those that reach beyond its end go
   * whole. Bytes forgotten.
   * @param size 0 stands for the whole address space
   */
  protected viommu_del_mappings(vdomain: viommu_domain, iova: dma_addr_t, size: number): number {
    const last = size === 0 ? U64_MAX : iova + size - 1; // JS: U64_MAX only with iova 0, where C's sum wraps
    let unmapped = 0;

    const flags = this.k.locks.spin_lock_irqsave(vdomain.mappings_lock);
    let next = interval_tree_iter_first(vdomain.mappings, iova, last);
    while (next) {
      const node = next;
      const mapping = to_mapping(node);
      next = interval_tree_iter_next(node, iova, last);

      // It would be split.
      if (mapping.iova.start < iova) break;

      unmapped += mapping.iova.last - mapping.iova.start + 1;

      interval_tree_remove(node, vdomain.mappings); // finding 53: whichever map added it
      this.mapping_free(mapping);
    }
    this.k.locks.spin_unlock_irqrestore(vdomain.mappings_lock, flags);

    return unmapped;
  }

  /** Maps at the device again what it dropped when the last endpoint left. */
  protected viommu_replay_mappings(vdomain: viommu_domain): number {
    const map = this.push_buf();
    let ret = 0;

    const flags = this.k.locks.spin_lock_irqsave(vdomain.mappings_lock);
    let node = interval_tree_iter_first(vdomain.mappings, 0, U64_MAX);
    while (node) {
      const mapping = to_mapping(node);
      const len = this.fill_map_req(
        map,
        vdomain,
        mapping.iova.start,
        mapping.iova.last,
        mapping.paddr,
        mapping.flags,
      );

      ret = this.viommu_send_req_sync(deref(vdomain.viommu), map, len); // finding 60
      if (ret) break;

      node = interval_tree_iter_next(node, 0, U64_MAX);
    }
    this.k.locks.spin_unlock_irqrestore(vdomain.mappings_lock, flags);

    this.pop_buf();
    return ret;
  }

  // Properties of endpoints.

  /** @param at where the property begins, `len` bytes with its head */
  protected viommu_add_resv_mem(
    vdev: viommu_endpoint,
    probe: virtio_buf,
    at: number,
    len: number,
  ): number {
    const prot = IOMMU_WRITE | IOMMU_NOEXEC | IOMMU_MMIO;

    // Before `len` is checked: finding 61. JS: reading beyond the buffer, where C would see what lies behind it,
    // finds zeros.
    const fits = at + virtio_iommu_probe_resv_mem.sizeof <= probe.size;
    const start = fits ? get_le64(probe.view, at + virtio_iommu_probe_resv_mem.start) : 0;
    const end = fits ? get_le64(probe.view, at + virtio_iommu_probe_resv_mem.end) : 0;
    const size = u64_add(u64_sub(end, start), 1);

    // JS: C first returns EOVERFLOW for what does not fit into 32 bits of a phys_addr_t, where that has no more.
    // Of the ends below the start only the one just below it, and the whole address space.
    if (size < u64_sub(end, start)) return -EOVERFLOW; // finding 62

    if (len < virtio_iommu_probe_resv_mem.sizeof) return -EINVAL;

    const subtype = fits ? probe.view.getUint8(at + virtio_iommu_probe_resv_mem.subtype) : 0;
    let region: iommu_resv_region | null;
    switch (subtype) {
      // JS: VIRTIO_IOMMU_RESV_MEM_T_RESERVED is what other subtypes are taken for: C falls through to its case.
      default:
        // JS: not for VIRTIO_IOMMU_RESV_MEM_T_RESERVED itself
        if (subtype !== VIRTIO_IOMMU_RESV_MEM_T_RESERVED)
          this.k.log.pr_warn(
            `${dev_name(deref(vdev.dev))}: unknown resv mem subtype 0x${subtype.toString(16)}`,
          );
        region = this.iommu.iommu_alloc_resv_region(
          phys_addr_t(start),
          size,
          0,
          IOMMU_RESV_RESERVED,
        );
        break;
      case VIRTIO_IOMMU_RESV_MEM_T_MSI:
        region = this.iommu.iommu_alloc_resv_region(phys_addr_t(start), size, prot, IOMMU_RESV_MSI);
        break;
    }
    if (!region) return -ENOMEM;

    list_add(region.list, vdev.resv_regions);
    return 0;
  }

  private viommu_probe_endpoint(viommu: viommu_dev, dev: device): number {
    const fwspec = deref(this.dev_iommu_fwspec_get(dev));
    const vdev = deref(dev_iommu_priv_get(dev)) as viommu_endpoint;
    const properties = virtio_iommu_req_probe.properties;

    if (!fwspec.num_ids) return -EINVAL;

    const probe_len =
      virtio_iommu_req_probe.sizeof + viommu.probe_size + virtio_iommu_req_tail.sizeof;
    if (this.k.slab.kmalloc_too_large(probe_len, GFP_KERNEL)) return -ENOMEM; // JS: kmalloc_too_large, in C's kzalloc
    const probe = new virtio_buf(probe_len);
    // JS: kmalloc_account with GFP_KERNEL: the second half of C's kzalloc, ENOMEM too
    if (!this.k.slab.kmalloc_account(probe, probe_len, GFP_KERNEL)) return -ENOMEM;

    probe.view.setUint8(0, VIRTIO_IOMMU_T_PROBE);
    // Of a device with several IDs only the first is asked for.
    probe.view.setUint32(virtio_iommu_req_probe.endpoint, fwspec.ids[0] ?? 0, true);

    let ret = this.viommu_send_req_sync(viommu, probe, probe_len);
    out_free: {
      if (ret) break out_free;

      let cur = 0;
      let type = this.prop_type(probe, properties);

      while (type !== VIRTIO_IOMMU_PROBE_T_NONE && cur < viommu.probe_size) {
        const prop = properties + cur;
        const len =
          probe.view.getUint16(prop + virtio_iommu_probe_property.length, true) +
          virtio_iommu_probe_property.sizeof;

        switch (type) {
          case VIRTIO_IOMMU_PROBE_T_RESV_MEM:
            ret = this.viommu_add_resv_mem(vdev, probe, prop, len); // finding 61
            break;
          default:
            this.k.log.pr_err(`${dev_name(dev)}: unknown viommu prop 0x${type.toString(16)}`);
        }

        // An error lasts until a region that can be parsed, which makes the whole a success.
        if (ret)
          this.k.log.pr_err(`${dev_name(dev)}: failed to parse viommu prop 0x${type.toString(16)}`);

        cur += len;
        if (cur >= viommu.probe_size) break;

        type = this.prop_type(probe, properties + cur);
      }
    }
    this.k.slab.kfree(probe);
    return ret;
  }

  /** JS: C's le16_to_cpu(prop->type) & VIRTIO_IOMMU_PROBE_T_MASK. */
  private prop_type(probe: virtio_buf, prop: number): number {
    return (
      probe.view.getUint16(prop + virtio_iommu_probe_property.type, true) &
      VIRTIO_IOMMU_PROBE_T_MASK
    );
  }

  // Events.

  private viommu_fault_handler(viommu: viommu_dev, fault: DataView): number {
    const reason = fault.getUint8(virtio_iommu_fault.reason);
    const flags = fault.getUint32(virtio_iommu_fault.flags, true);
    const endpoint = fault.getUint32(virtio_iommu_fault.endpoint, true);
    const address = get_le64(fault, virtio_iommu_fault.address);
    let reason_str: string;

    switch (reason) {
      case VIRTIO_IOMMU_FAULT_R_DOMAIN:
        reason_str = 'domain';
        break;
      case VIRTIO_IOMMU_FAULT_R_MAPPING:
        reason_str = 'page';
        break;
      default: // JS: C names VIRTIO_IOMMU_FAULT_R_UNKNOWN too
        reason_str = 'unknown';
        break;
    }

    // JS: C limits the rate (deviation 3); the log of this machine limits its length.
    const name = dev_name(deref(viommu.dev));
    if (flags & VIRTIO_IOMMU_FAULT_F_ADDRESS) {
      const access =
        (flags & VIRTIO_IOMMU_FAULT_F_READ ? 'R' : '') +
        (flags & VIRTIO_IOMMU_FAULT_F_WRITE ? 'W' : '') +
        (flags & VIRTIO_IOMMU_FAULT_F_EXEC ? 'X' : '');
      this.k.log.pr_err(
        `${name}: ${reason_str} fault from EP ${String(endpoint)} at 0x${address.toString(16)} [${access}]`,
      );
    } else {
      this.k.log.pr_err(`${name}: ${reason_str} fault from EP ${String(endpoint)}`);
    }
    return 0;
  }

  private viommu_event_handler(vq: virtqueue): void {
    const viommu = deref(vq.vdev.priv) as viommu_dev;

    for (;;) {
      const evt = vq.virtqueue_get_buf() as viommu_event | null;
      if (evt === null) break; // JS: C has it in the condition of its loop

      if (vq.len > virtio_iommu_fault.sizeof) {
        this.k.log.pr_err(
          `${dev_name(deref(viommu.dev))}: invalid event buffer (len ${String(vq.len)} != ${String(virtio_iommu_fault.sizeof)})`,
        );
      } else if (!(evt.fault.view.getUint32(0, true) & VIOMMU_FAULT_RESV_MASK)) {
        this.viommu_fault_handler(viommu, evt.fault.view);
      }

      const ret = vq.virtqueue_add_inbuf(evt.fault, virtio_iommu_fault.sizeof, evt, GFP_ATOMIC);
      if (ret) this.k.log.pr_err(`${dev_name(deref(viommu.dev))}: could not add event buffer`);
    }

    vq.virtqueue_kick();
  }

  // The IOMMU API.

  private viommu_domain_alloc(type: number): iommu_domain | null {
    if (type !== IOMMU_DOMAIN_UNMANAGED && type !== IOMMU_DOMAIN_DMA) return null;

    const vdomain = this.k.slab.kzalloc(viommu_domain, GFP_KERNEL);
    if (!vdomain) return null;

    if (type === IOMMU_DOMAIN_DMA && this.dma_iommu.iommu_get_dma_cookie(vdomain)) {
      this.k.slab.kfree(vdomain);
      return null;
    }

    return vdomain;
  }

  /** The lowest number of first..last that is free. C: lib/idr.c ida_alloc_range */
  private ida_alloc_range(ida: Set<number>, first: number, last: number): number {
    const INT_MAX = 2 ** 31 - 1;
    for (let id = first; id <= Math.min(last, INT_MAX); id++) {
      if (ida.has(id)) continue;
      ida.add(id);
      return id;
    }
    return -ENOSPC;
  }

  /** Once it is known which IOMMU a domain belongs to. */
  protected viommu_domain_finalise(vdev: viommu_endpoint, domain: iommu_domain): number {
    const viommu = deref(vdev.viommu);
    const vdomain = to_viommu_domain(domain);

    const viommu_page_size = BIT(__ffs(viommu.pgsize_bitmap));
    if (viommu_page_size > PAGE_SIZE) {
      this.k.log.pr_err(
        `${dev_name(deref(vdev.dev))}: granule 0x${viommu_page_size.toString(16)} larger than system page size 0x${PAGE_SIZE.toString(16)}`,
      );
      return -EINVAL;
    }

    // deviation 11
    const ret = this.ida_alloc_range(viommu.domain_ids, viommu.first_domain, viommu.last_domain);
    if (ret < 0) return ret;

    vdomain.id = ret;

    domain.pgsize_bitmap = viommu.pgsize_bitmap;
    domain.geometry.aperture_start = viommu.geometry.aperture_start;
    domain.geometry.aperture_end = viommu.geometry.aperture_end;
    domain.geometry.force_aperture = viommu.geometry.force_aperture;

    vdomain.map_flags = viommu.map_flags;
    vdomain.viommu = viommu;

    return 0;
  }

  private viommu_domain_free(domain: iommu_domain): void {
    const vdomain = to_viommu_domain(domain);

    this.dma_iommu.iommu_put_dma_cookie(domain);

    // Everything. The device is not told: what it had mapped stays mapped there.
    this.viommu_del_mappings(vdomain, dma_addr_t(0), 0);

    if (vdomain.viommu) vdomain.viommu.domain_ids.delete(vdomain.id); // finding 58

    this.k.slab.kfree(vdomain);
  }

  protected viommu_attach_dev(domain: iommu_domain, dev: device): number {
    const fwspec = deref(this.dev_iommu_fwspec_get(dev));
    const vdev = deref(dev_iommu_priv_get(dev)) as viommu_endpoint;
    const vdomain = to_viommu_domain(domain);
    let ret = 0;

    this.k.locks.mutex_lock(vdomain.mutex);
    if (!vdomain.viommu) {
      ret = this.viommu_domain_finalise(vdev, domain);
    } else if (vdomain.viommu !== vdev.viommu) {
      this.k.log.pr_err(`${dev_name(dev)}: cannot attach to foreign vIOMMU`);
      ret = -EXDEV;
    }
    this.k.locks.mutex_unlock(vdomain.mutex);

    if (ret) return ret;

    // The device detaches the endpoint from its old domain, and drops the mappings of that one with the last endpoint;
    // here they stay, to be replayed. Guarded by the group's mutex. The count is off from here on if a request fails.
    if (vdev.vdomain) vdev.vdomain.nr_endpoints--; // finding 75: before the request

    const req = this.push_buf();
    req.view.setUint32(0, VIRTIO_IOMMU_T_ATTACH, true);
    req.view.setUint32(virtio_iommu_req_attach.domain, vdomain.id, true);
    req.bytes.fill(0, virtio_iommu_req_attach.reserved, virtio_iommu_req_attach.sizeof);

    for (let i = 0; i < fwspec.num_ids; i++) {
      req.view.setUint32(virtio_iommu_req_attach.endpoint, fwspec.ids[i] ?? 0, true);

      ret = this.viommu_send_req_sync(deref(vdomain.viommu), req, virtio_iommu_req_attach.sizeof);
      if (ret) {
        this.pop_buf();
        return ret;
      }
    }
    this.pop_buf();

    if (!vdomain.nr_endpoints) {
      ret = this.viommu_replay_mappings(vdomain); // findings 60 and 80
      if (ret) return ret;
    }

    vdomain.nr_endpoints++;
    vdev.vdomain = vdomain;

    return 0;
  }

  protected viommu_map(
    domain: iommu_domain,
    iova: dma_addr_t,
    paddr: phys_addr_t,
    size: number,
    prot: number,
    _gfp: gfp_t,
  ): number {
    const vdomain = to_viommu_domain(domain);

    const flags =
      (prot & IOMMU_READ ? VIRTIO_IOMMU_MAP_F_READ : 0) |
      (prot & IOMMU_WRITE ? VIRTIO_IOMMU_MAP_F_WRITE : 0) |
      (prot & IOMMU_MMIO ? VIRTIO_IOMMU_MAP_F_MMIO : 0);

    if (flags & ~vdomain.map_flags) return -EINVAL;

    let ret = this.viommu_add_mapping(vdomain, iova, paddr, size, flags);
    if (ret) return ret;

    if (!vdomain.nr_endpoints) return 0;

    const map = this.push_buf();
    const len = this.fill_map_req(map, vdomain, iova, iova + size - 1, paddr, flags);

    ret = this.viommu_send_req(deref(vdomain.viommu), map, len);
    if (ret) this.viommu_del_mappings(vdomain, iova, size); // finding 53

    this.pop_buf();
    return ret;
  }

  /** JS: how viommu_map sends its request, the one thing in it that v6.8 changed: deviation 6. */
  protected viommu_send_req(viommu: viommu_dev, map: virtio_buf, len: number): number {
    return this.viommu_send_req_sync(viommu, map, len);
  }

  protected viommu_unmap(
    domain: iommu_domain,
    iova: dma_addr_t,
    size: number,
    _gather: iommu_iotlb_gather,
  ): number {
    const vdomain = to_viommu_domain(domain);

    // Less than was asked for is forgotten here all the same, and the device keeps it.
    const unmapped = this.viommu_del_mappings(vdomain, iova, size);
    if (unmapped < size) return 0; // finding 54

    // The device has dropped everything already.
    if (!vdomain.nr_endpoints) return unmapped; // finding 75: it may not have yet

    const unmap = this.push_buf();
    unmap.view.setUint32(0, VIRTIO_IOMMU_T_UNMAP, true);
    unmap.view.setUint32(virtio_iommu_req_unmap.domain, vdomain.id, true);
    put_le64(unmap.view, virtio_iommu_req_unmap.virt_start, iova);
    put_le64(unmap.view, virtio_iommu_req_unmap.virt_end, iova + unmapped - 1);
    unmap.view.setUint32(virtio_iommu_req_unmap.reserved, 0, true);
    unmap.view.setUint32(virtio_iommu_req_unmap.tail, 0, true);

    const ret = this.viommu_add_req(deref(vdomain.viommu), unmap, virtio_iommu_req_unmap.sizeof);
    this.pop_buf();
    return ret ? 0 : unmapped; // finding 55
  }

  private viommu_iova_to_phys(domain: iommu_domain, iova: dma_addr_t): phys_addr_t {
    const vdomain = to_viommu_domain(domain);
    let paddr = phys_addr_t(0);

    const flags = this.k.locks.spin_lock_irqsave(vdomain.mappings_lock);
    const node = interval_tree_iter_first(vdomain.mappings, iova, iova);
    if (node) {
      const mapping = to_mapping(node);
      paddr = phys_addr_t(mapping.paddr + (iova - mapping.iova.start));
    }
    this.k.locks.spin_unlock_irqrestore(vdomain.mappings_lock, flags);

    return paddr;
  }

  /** An oops for a domain that was never attached, as in C. */
  protected viommu_iotlb_sync(domain: iommu_domain, _gather: iommu_iotlb_gather): void {
    const vdomain = to_viommu_domain(domain);

    this.viommu_sync_req(deref(vdomain.viommu)); // finding 56
  }

  private viommu_get_resv_regions(dev: device, head: list_head<iommu_resv_region>): void {
    const vdev = deref(dev_iommu_priv_get(dev)) as viommu_endpoint;
    const prot = IOMMU_WRITE | IOMMU_NOEXEC | IOMMU_MMIO;
    let msi: iommu_resv_region | null = null;

    for (const entry of list_for_each_entry(vdev.resv_regions)) {
      if (entry.type === IOMMU_RESV_MSI) msi = entry;

      const new_entry = this.k.slab.kmalloc(iommu_resv_region, GFP_KERNEL); // JS: kmalloc() of kmemdup()
      if (!new_entry) return;
      new_entry.start = entry.start;
      new_entry.length = entry.length;
      new_entry.prot = entry.prot;
      new_entry.type = entry.type;
      list_add_tail(new_entry.list, head);
    }

    // The device has no window for MSIs: one that software maps.
    if (!msi) {
      msi = this.iommu.iommu_alloc_resv_region(
        phys_addr_t(MSI_IOVA_BASE),
        MSI_IOVA_LENGTH,
        prot,
        IOMMU_RESV_SW_MSI,
      );
      if (!msi) return;

      list_add_tail(msi.list, head);
    }

    this.dma_iommu.iommu_dma_get_resv_regions?.(dev, head); // JS: a test's driver may do without
  }

  private viommu_match_node(vdev: virtio_device, data: opaque | null): boolean {
    return vdev.fwnode === data;
  }

  private viommu_get_by_fwnode(fwnode: opaque | null): viommu_dev | null {
    // JS: driver_find_device, which calls viommu_match_node for each device; there is no reference for put_device.
    for (const vdev of this.bound)
      if (this.viommu_match_node(vdev, fwnode)) return vdev.priv as viommu_dev | null;

    return null; // JS: null: none was found
  }

  private viommu_probe_device(dev: device): number {
    const fwspec = this.dev_iommu_fwspec_get(dev);

    if (fwspec?.ops !== this) return -ENODEV;

    const viommu = this.viommu_get_by_fwnode(fwspec.iommu_fwnode);
    if (!viommu) return -ENODEV;

    const vdev = this.k.slab.kzalloc(viommu_endpoint, GFP_KERNEL);
    if (!vdev) return -ENOMEM;

    vdev.dev = dev;
    vdev.viommu = viommu;
    INIT_LIST_HEAD(vdev.resv_regions);
    dev_iommu_priv_set(dev, vdev);

    let ret: number;
    err_free_dev: {
      if (viommu.probe_size) {
        ret = this.viommu_probe_endpoint(viommu, dev);
        if (ret) break err_free_dev;
      }

      return 0; // JS: 0; C returns &viommu->iommu: iommu deviation 2
    }
    this.iommu.generic_iommu_put_resv_regions(dev, vdev.resv_regions);
    this.k.slab.kfree(vdev);

    return ret;
  }

  /** The device is not told: the endpoint stays in its domain there, and the domain's count stays as it is. */
  protected viommu_release_device(dev: device): void {
    const fwspec = this.dev_iommu_fwspec_get(dev);

    if (fwspec?.ops !== this) return;

    const vdev = deref(dev_iommu_priv_get(dev)) as viommu_endpoint;

    this.iommu.generic_iommu_put_resv_regions(dev, vdev.resv_regions);
    this.k.slab.kfree(vdev); // findings 58 and 80
  }

  /** JS: buses have no topology here, so a PCI device is alone in its group too: no dev_is_pci, no pci_device_group. */
  private viommu_device_group(dev: device): iommu_group | null {
    return this.iommu.generic_device_group(dev);
  }

  // viommu_ops. viommu_of_xlate is not here (deviation 3, deviation 12): firmware says through iommu_fwspec_init which IOMMU a device has.

  domain_alloc(type: number): iommu_domain | null {
    return this.viommu_domain_alloc(type);
  }

  domain_free(domain: iommu_domain): void {
    this.viommu_domain_free(domain);
  }

  attach_dev(domain: iommu_domain, dev: device): number {
    return this.viommu_attach_dev(domain, dev);
  }

  map(
    domain: iommu_domain,
    iova: dma_addr_t,
    paddr: phys_addr_t,
    size: number,
    prot: number,
    gfp: gfp_t,
  ): number {
    return this.viommu_map(domain, iova, paddr, size, prot, gfp);
  }

  unmap(domain: iommu_domain, iova: dma_addr_t, size: number, gather: iommu_iotlb_gather): number {
    return this.viommu_unmap(domain, iova, size, gather);
  }

  iova_to_phys(domain: iommu_domain, iova: dma_addr_t): phys_addr_t {
    return this.viommu_iova_to_phys(domain, iova);
  }

  iotlb_sync(domain: iommu_domain, gather: iommu_iotlb_gather): void {
    this.viommu_iotlb_sync(domain, gather);
  }

  probe_device(dev: device): number {
    return this.viommu_probe_device(dev);
  }

  /**
   * JS: v5.13's table has no such entry. There the architecture sets up the DMA ops (arm64's arch_setup_dma_ops, right
   * after probing); only v5.14, for x86, has viommu_probe_finalize. Where the call comes from makes no difference here,
   * so the driver makes it, over the whole of what the IOMMU translates: deviation 1.
   */
  probe_finalize(dev: device): void {
    const vdev = deref(dev_iommu_priv_get(dev)) as viommu_endpoint;
    const { aperture_start, aperture_end } = deref(vdev.viommu).geometry;

    this.dma_iommu.iommu_setup_dma_ops(
      dev,
      aperture_start,
      Math.min(aperture_end - aperture_start, U64_MAX - 1) + 1,
    );
  }

  release_device(dev: device): void {
    this.viommu_release_device(dev);
  }

  device_group(dev: device): iommu_group | null {
    return this.viommu_device_group(dev);
  }

  get_resv_regions(dev: device, list: list_head<iommu_resv_region>): void {
    this.viommu_get_resv_regions(dev, list);
  }

  /** JS: the table has generic_iommu_put_resv_regions itself. */
  put_resv_regions(dev: device, list: list_head<iommu_resv_region>): void {
    this.iommu.generic_iommu_put_resv_regions(dev, list);
  }

  // The virtio driver.

  private viommu_init_vqs(viommu: viommu_dev): number {
    const callbacks: (vq_callback_t | null)[] = [
      null, // requests are waited for
      (vq) => {
        this.viommu_event_handler(vq);
      },
    ];

    return deref(viommu.vdev).virtio_find_vqs(viommu.vqs, callbacks); // deviation 13
  }

  private viommu_fill_evtq(viommu: viommu_dev): number {
    const vq = deref(viommu.vqs[VIOMMU_EVENT_VQ]);
    const nr_evts = vq.num_free;

    const memory = new ArrayBuffer(nr_evts * virtio_iommu_fault.sizeof);
    const evts = Array.from({ length: nr_evts }, (_, i) => new viommu_event(memory, i));
    // JS: kmalloc_account: devm_kmalloc_array counted
    if (!this.k.slab.kmalloc_account(evts, nr_evts * viommu_event.sizeof, GFP_KERNEL))
      return -ENOMEM;
    viommu.evts = evts;

    for (const evt of evts) {
      const ret = vq.virtqueue_add_inbuf(evt.fault, virtio_iommu_fault.sizeof, evt, GFP_KERNEL);
      if (ret) return ret;
    }

    return 0;
  }

  private viommu_probe(vdev: virtio_device): number {
    const dev = vdev.dev;
    const cfg = vdev.config;
    let input_start = 0;
    let input_end = U64_MAX;

    if (
      !vdev.virtio_has_feature(VIRTIO_F_VERSION_1) ||
      !vdev.virtio_has_feature(VIRTIO_IOMMU_F_MAP_UNMAP)
    )
      return -ENODEV;

    // JS: C's devm_kzalloc is kzalloc with devm_release.
    const viommu = this.k.slab.kzalloc(viommu_dev, GFP_KERNEL);
    if (!viommu) return -ENOMEM;

    viommu.dev = dev;
    viommu.vdev = vdev;
    INIT_LIST_HEAD(viommu.requests); // deviation 10

    let ret = this.viommu_init_vqs(viommu);
    if (ret) {
      this.devm_release(viommu);
      return ret;
    }

    err_free_vqs: {
      viommu.pgsize_bitmap = get_le64_mask(cfg, virtio_iommu_config.page_size_mask);

      if (!viommu.pgsize_bitmap) {
        ret = -EINVAL;
        break err_free_vqs;
      }

      viommu.map_flags = VIRTIO_IOMMU_MAP_F_READ | VIRTIO_IOMMU_MAP_F_WRITE;
      viommu.last_domain = U32_MAX; // deviation 15

      // deviation 9
      if (vdev.virtio_has_feature(VIRTIO_IOMMU_F_INPUT_RANGE)) {
        input_start = get_le64(cfg, virtio_iommu_config.input_range_start);
        input_end = get_le64(cfg, virtio_iommu_config.input_range_end);
      }

      if (vdev.virtio_has_feature(VIRTIO_IOMMU_F_DOMAIN_RANGE)) {
        viommu.first_domain = cfg.getUint32(virtio_iommu_config.domain_range_start, true);
        viommu.last_domain = cfg.getUint32(virtio_iommu_config.domain_range_end, true);
      }

      if (vdev.virtio_has_feature(VIRTIO_IOMMU_F_PROBE))
        viommu.probe_size = cfg.getUint32(virtio_iommu_config.probe_size, true);

      viommu.geometry.aperture_start = dma_addr_t(input_start);
      viommu.geometry.aperture_end = dma_addr_t(input_end);
      viommu.geometry.force_aperture = true;

      if (vdev.virtio_has_feature(VIRTIO_IOMMU_F_MMIO)) viommu.map_flags |= VIRTIO_IOMMU_MAP_F_MMIO;

      this.pgsize_bitmap = viommu.pgsize_bitmap;

      vdev.virtio_device_ready();

      ret = this.viommu_fill_evtq(viommu);
      if (ret) break err_free_vqs;

      // JS: no sysfs, no list of IOMMUs (deviation 3, deviation 7); whoever plugs devices in sets their bus's driver.

      vdev.priv = viommu;
      this.bound.add(vdev);

      // JS: C has this in its pr_info; U64_MAX has no order that order_base_2 could tell.
      const bits = input_end === U64_MAX ? 64 : order_base_2(input_end);
      this.k.log.pr_info(`${dev_name(dev)}: input address: ${String(bits)} bits`);
      this.k.log.pr_info(`${dev_name(dev)}: page mask: 0x${viommu.pgsize_bitmap.toString(16)}`);

      return 0;
    }
    vdev.del_vqs();
    this.devm_release(viommu);

    return ret;
  }

  /** JS: what the driver core frees with the device (devm_kzalloc, devm_kmalloc_array). */
  private devm_release(viommu: viommu_dev): void {
    this.k.slab.kfree(viommu.evts);
    this.k.slab.kfree(viommu);
  }

  private viommu_remove(vdev: virtio_device): void {
    const viommu = deref(vdev.priv) as viommu_dev;

    vdev.reset();
    vdev.del_vqs();

    this.k.log.pr_info(`${dev_name(vdev.dev)}: device removed`);
    this.bound.delete(vdev);
    this.devm_release(viommu);
  }

  private viommu_config_changed(vdev: virtio_device): void {
    this.k.log.pr_warn(`${dev_name(vdev.dev)}: config changed`);
  }

  // virtio_iommu_drv.

  /** Binds a device; 0 or a negative error number. */
  probe(vdev: virtio_device): number {
    return this.viommu_probe(vdev);
  }

  /** Endpoints have to be released before. */
  remove(vdev: virtio_device): void {
    this.viommu_remove(vdev);
  }

  config_changed(vdev: virtio_device): void {
    this.viommu_config_changed(vdev);
  }

  // JS: what iommu.c has for firmware code.

  /** drivers/iommu/iommu.c. Says that a device's accesses go through the IOMMU of a firmware node, as endpoints `ids`: deviation 3. */
  iommu_fwspec_init(dev: device, iommu_fwnode: opaque, ids: readonly number[]): void {
    const fwspec = new iommu_fwspec();
    fwspec.ops = this;
    fwspec.iommu_fwnode = iommu_fwnode;
    fwspec.num_ids = ids.length;
    fwspec.ids = ids;
    this.fwspecs.set(dev, fwspec);
  }

  /** drivers/iommu/iommu.c */
  iommu_fwspec_free(dev: device): void {
    this.fwspecs.delete(dev);
  }

  /** include/linux/iommu.h, inline there */
  protected dev_iommu_fwspec_get(dev: device): iommu_fwspec | null {
    return this.fwspecs.get(dev) ?? null;
  }
}
