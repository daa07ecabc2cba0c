// SPDX-License-Identifier: GPL-2.0-only
// The options around the series, as data: a small x86-64 guest, and drivers/iommu as patch 4 leaves it.

/**
 * A Kconfig of one file: `parseKconfig('Kconfig', () => seriesKconfig)`.
 *
 * Names, types, dependencies and selects are those of Linux 5.14 (arch/x86, kernel/dma, kernel/irq,
 * drivers/iommu, drivers/virtio), left out what the series never meets. The last part does the work
 * of a defconfig, by second definitions that only add defaults. With no .config IOMMU_DMA is y and
 * IOMMU_IO_BUFFER is n: the option has no default.
 */
export const seriesKconfig = `mainmenu "iommu-bounce: the options around the series"

comment "The machine"

config X86_64
	def_bool y
	select X86
	select MMU
	select HAVE_CMPXCHG_DOUBLE
	select HAS_DMA
	select SWIOTLB

config X86
	bool

config ARM64
	bool

config IA64
	bool

config MMU
	bool

config HAVE_CMPXCHG_DOUBLE
	bool

config MODULES
	bool "Loadable modules"
	default y
	option modules
	help
	  Lets tristate options be m: built as a file that is loaded later.

config ACPI
	bool "ACPI"
	depends on X86 || ARM64
	help
	  Firmware tables, those that describe IOMMUs among them.

config ACPI_VIOT
	bool

config PCI
	bool "PCI bus"
	help
	  The bus of the devices whose DMA goes through the IOMMU.

config PCI_MSI
	bool "Message signalled interrupts"
	depends on PCI
	help
	  Interrupts as writes to memory, which an IOMMU translates too.

config PCI_ATS
	bool

config PCI_PRI
	bool

config PCI_PASID
	bool

config INTERVAL_TREE
	bool

config GENERIC_ALLOCATOR
	bool

config IRQ_MSI_IOMMU
	bool

menu "DMA mapping"

config HAS_DMA
	bool

config DMA_OPS
	bool
	depends on HAS_DMA

config NEED_SG_DMA_LENGTH
	bool

config NEED_DMA_MAP_STATE
	bool

config SWIOTLB
	bool
	select NEED_DMA_MAP_STATE

config DMA_NONCOHERENT_MMAP
	bool
	default y if !MMU

config DMA_COHERENT_POOL
	bool
	select GENERIC_ALLOCATOR

config DMA_REMAP
	bool
	depends on MMU
	select DMA_NONCOHERENT_MMAP

config DMA_DIRECT_REMAP
	bool
	select DMA_REMAP
	select DMA_COHERENT_POOL

config DMA_API_DEBUG
	bool "Check how drivers use the DMA API"
	select NEED_DMA_MAP_STATE
	help
	  Follows each mapping and reports misuse; slow.

endmenu

menuconfig VIRTIO_MENU
	bool "Virtio drivers"
	default y

if VIRTIO_MENU

config VIRTIO_PCI
	tristate "Virtio devices on PCI"
	depends on PCI
	select VIRTIO
	help
	  The transport that brings the virtio-iommu device to the guest.

endif

config VIRTIO
	tristate

config IOMMU_IOVA
	tristate

config IOASID
	tristate

config IOMMU_API
	bool

menuconfig IOMMU_SUPPORT
	bool "IOMMU hardware"
	depends on MMU
	default y
	help
	  Drivers of units that translate the addresses of devices.

if IOMMU_SUPPORT

config IOMMU_IO_PGTABLE
	bool

config IOMMU_DEFAULT_PASSTHROUGH
	bool "Let devices bypass the IOMMU by default"
	depends on IOMMU_API
	help
	  The same as iommu.passthrough=1 on the command line, which overrides it.

config IOMMU_DMA
	bool
	select DMA_OPS
	select IOMMU_API
	select IOMMU_IOVA
	select IRQ_MSI_IOMMU
	select NEED_SG_DMA_LENGTH

config AMD_IOMMU
	bool "AMD IOMMU"
	select SWIOTLB
	select PCI_MSI
	select PCI_ATS
	select PCI_PRI
	select PCI_PASID
	select IOMMU_API
	select IOMMU_IOVA
	select IOMMU_DMA
	select IOMMU_IO_PGTABLE
	depends on X86_64 && PCI && ACPI && HAVE_CMPXCHG_DOUBLE
	help
	  The IOMMU of AMD machines.

config DMAR_TABLE
	bool

config INTEL_IOMMU
	bool "Intel IOMMU"
	depends on PCI_MSI && ACPI && (X86 || IA64)
	select DMA_OPS
	select IOMMU_API
	select IOMMU_IOVA
	select NEED_DMA_MAP_STATE
	select DMAR_TABLE
	select SWIOTLB
	select IOASID
	select IOMMU_DMA
	select PCI_ATS
	help
	  The IOMMU of Intel machines, also called VT-d.

config VIRTIO_IOMMU
	tristate "Virtio IOMMU"
	depends on VIRTIO
	depends on (ARM64 || X86)
	select IOMMU_API
	select IOMMU_DMA
	select INTERVAL_TREE
	select ACPI_VIOT if ACPI
	help
	  The IOMMU that a hypervisor offers to its guest. Each mapping is a request to the host.

config IOMMU_IO_BUFFER
	bool "Bounce buffers that stay mapped in the IOMMU"
	depends on IOMMU_DMA
	help
	  Copies small streaming DMA through buffers whose IOMMU mapping is kept, where a mapping
	  costs more than a copy. The option of patch 4; its parameters are io_buffer_pool.num_slots
	  and io_buffer_pool.class_sizes.

endif

# From here on: what a defconfig would set.

config ACPI
	default y

config PCI
	default y

config PCI_MSI
	default y

config VIRTIO_PCI
	default y

config VIRTIO_IOMMU
	default y
`;
