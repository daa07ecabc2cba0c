// SPDX-License-Identifier: GPL-2.0-only
// Words that messages about DMA are made of. What is not among them may be a name, and is replaced.

const WORDS = `
a about access add added adding address addr after all allocate allocated allocating allocation already alignment and any are
as at attributes based because been being below bit bits both bounce buffer buffers but by cache cached cacheline call called
can cannot capability check checked coherent complete config configured context control controller could count cpu data
deferred dead default deferring detected device devices direction disabled dma dmar does domain domains driver drivers due
during early enabled entries entry err error errors event events exceed exceeded exceeding expected explicitly extended fail
failed failing failure fault feature features field fine first flags flush following for forced found free freed freeing frees
from full function functions group groups guest handle handling has have higher host identity ignoring implementation in
init initialised initialized inst instance instead interrupt into invalid invalidate invalidation ioctl iommu iommus iova
ipa is it its kernel large largest leaked lazy length limit limited line list log lookup lost low lower map mapped mapping
mappings maps mask matching maximum memory message mismatch mode more must name no node not null number of off on one only
options or other out overflow overlapping overwritten page pages passthrough pci pdev per performing permission physical
pointer pool preallocated prealloc present priv privileged process quirk queue range ranges read reason received record region
register remap remapped remapping request requested reserve reserved resource result returned root same scatterlist scope
segment segments set short sid since single size sizes slots some space specific ssid stage stag start state status still
stream strict successfully support supported swiotlb switching sync syncing synchronization sz table tables that the this
to too top tracked tracking transaction translated translation tried type types unable unassigned unexpected unhandled unit
unknown unmap unmapped unmapping unpriv unsupported up use used using value version virtual was were which width will with
within without words write writes wrong xlate zone
AMD AMD-Vi API ATS ACPI BIOS Bridge CD CPU DMA DMA-API DMA-IR DMA32 DMAR DMAR-IR DMAR-ITS DRHD EEXIST EP ENOMEM GFP HPET IO IO_PAGE_FAULT IOMMU
IOMMUs IOAPIC IOTLB IOVA IRQ IVHD IVRS KB MMIO MB MSI NULL PASID PCI PCIe PPR PRI PTE QI RMRR SAC SMMU STE SVM SW-IOMMU TLB
TCR VT-d arm-smmu arm-smmu-v3 virtio_iommu intel-iommu amd_iommu intel_iommu cpu swiotlb iommu_groups
Adding Allocated Blocked DMA-FQ Default Device Disabling Enabled Event Extended Fault Host Identity Intel-IOMMU Logged Lazy
Mapping Out PCI-MSI Passthrough Present Queued Read Removing Request Reserved Strict Translated Unhandled Using Write
F_TRANSLATION F_ADDR_SIZE F_ACCESS F_PERMISSION F_STE_FETCH F_CD_FETCH F_WALK_EABT F_VMS_FETCH F_TLB_CONFLICT F_CFG_CONFLICT
F_UUT F_STREAM_DISABLED F_BAD_ATS_TREQ F_TRANSL_FORBIDDEN F_PAGE_REQUEST C_BAD_STREAMID C_BAD_STE C_BAD_CD C_BAD_SUBSTREAMID
C_BAD_ATS_TREQ C_TRANSL_FORBIDDEN Input caused
DMA_TO_DEVICE DMA_FROM_DEVICE DMA_BIDIRECTIONAL DMA_NONE TO_DEVICE FROM_DEVICE BIDIRECTIONAL
software IO mem total bytes fsr fsynr fsynra cbfrsynra cb iova fsynr0 gpa devid DomainID domain_id address flags bound cut
mapping-error dir different tries outside stack text rodata longer claims across one details pending while released it noncoherent
debugging driver-specific alloc cleanup aren t isn don doesn max start end boundary leaked_entries bounced slot order exhausted disabled
IOMMU_DOMAIN forced lazily strict_mode default_domain iotlb pasid subsystem hardware remove removed found
mapping-error dir mapped_as kmalloc sg scatter-gather page single-page coherently R W X RW RWX RX WX s1 s2 s1+s2 eg ie debug
dma-debug disabling dma_debug num_entries nents entries ents
bus client dump vPFN DTE CMD cap ecap lines reg_base_addr GFSR GFSYNR0 GFSYNR1 GFSYNR2 FSR FSYNR0 FSYNR1 SID mem between at phys base qw0 qw1
rk_iommu mtk-iommu exynos-sysmmu sun50i-iommu ipmmu-vmsa apple-dart riscv,iommu qcom-iommu-ctx unexpected global occurred id boot
dir wr rd master larb port layer code stream pgd pmd pte ttbr for PROTECTION SECURITY ACCESS MULTI-HIT READ WRITE AR AW devid iotval iotval2 serious
NO_PASID do dma_mask len than pa gpa spa mmio-addr under ver grown unaligned iova dte_index pte_index page_offset
`;

const VOCABULARY: ReadonlySet<string> = new Set(
  WORDS.split(/\s+/)
    .filter((one) => one !== '')
    .map((one) => one.toLowerCase()),
);
/** Numbers with their unit. */
const AMOUNT = /^\d{1,7}[KMGT]i?B$/;

/** Kernels write the same word with a capital, or without. */
export function isKnownWord(word: string): boolean {
  return VOCABULARY.has(word.toLowerCase()) || AMOUNT.test(word);
}

/** Words that stand above the columns of ftrace's text. */
export const HEADER_WORDS: ReadonlySet<string> = new Set(
  'irqs-off irqs-off/BH-disabled need-resched hardirq/softirq preempt-depth migrate-disable delay TASK-PID TGID CPU# TIMESTAMP FUNCTION CPU TASK/PID'.split(
    ' ',
  ),
);
