import CMartletKernels

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// What the system calls the processor, for example `AMD EPYC`.
func processorName() -> String {
  var name = [CChar](repeating: 0, count: 64)
  martlet_processor_name(&name, name.count)
  let text = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  let trimmed = text.split(separator: " ").joined(separator: " ")
  return trimmed.isEmpty ? "CPU" : trimmed
}

/// The memory of the machine; nil where the system does not say.
func physicalMemoryByteCount() -> Int? {
  let pages = Int(sysconf(Int32(_SC_PHYS_PAGES)))
  let pageByteCount = Int(sysconf(Int32(_SC_PAGESIZE)))
  return pages > 0 && pageByteCount > 0 ? pages * pageByteCount : nil
}
