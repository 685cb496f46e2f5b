#if OpenCL
  import CMartletOpenCLKernels
  import Foundation
  import MartletOpenCLBackend
  import Synchronization

  /// A driver of which one call fails: the real one behind a table whose functions count down first.
  package enum FailingDriver {
    private static let real = try? OpenCLLibrary.open().functions
    /// Calls until failure; negative once it is over.
    private static let countdown = Atomic<Int>(Int.max)
    private static let status = Atomic<Int32>(0)
    /// Whether later calls fail too.
    private static let goesOn = Atomic<Bool>(false)

    private static let switchLock = NSLock()

    /// Runs something without anybody else who lets calls fail, because the switch is the process's. Afterwards none fails.
    package static func alone<Result>(_ body: () throws -> Result) rethrows -> Result {
      switchLock.lock()
      defer {
        set(Int.max, status: 0, goesOn: false)
        switchLock.unlock()
      }
      return try body()
    }

    /// Lets a call from now on fail, counted from 0, and perhaps all behind it.
    package static func set(_ call: Int, status code: Int32, goesOn isLasting: Bool) {
      status.store(code, ordering: .relaxed)
      goesOn.store(isLasting, ordering: .relaxed)
      countdown.store(call, ordering: .relaxed)
    }

    /// Counts calls from now on, of which none fails.
    package static func startCounting() { set(Int.max, status: 0, goesOn: false) }

    /// How many there were.
    package static var callCount: Int { Int.max - countdown.load(ordering: .relaxed) }

    /// Whether the failure has happened.
    package static var wasReached: Bool { countdown.load(ordering: .relaxed) < 0 }

    /// The status to answer instead of calling the driver.
    private static var fault: Int32? {
      let left = countdown.subtract(1, ordering: .relaxed).oldValue
      return left == 0 || (left < 0 && goesOn.load(ordering: .relaxed)) ? status.load(ordering: .relaxed) : nil
    }

    /// For functions that return an object and a status.
    private static func object<Object>(_ status: UnsafeMutablePointer<Int32>?, _ body: () -> Object?) -> Object? {
      guard let fault else { return body() }
      status?.pointee = fault
      return nil
    }

    /// The loader with the functions that fail.
    package static func library() throws -> OpenCLLibrary {
      guard var functions = real else { return try OpenCLLibrary.open() }
      functions.createContext = { properties, count, devices, notify, data, status in
        FailingDriver.object(status) {
          FailingDriver.real?.createContext(properties, count, devices, notify, data, status)
        }
      }
      functions.createCommandQueue = { context, device, properties, status in
        FailingDriver.object(status) { FailingDriver.real?.createCommandQueue(context, device, properties, status) }
      }
      functions.createBuffer = { context, flags, size, pointer, status in
        FailingDriver.object(status) { FailingDriver.real?.createBuffer(context, flags, size, pointer, status) }
      }
      functions.createProgramWithSource = { context, count, texts, lengths, status in
        FailingDriver.object(status) {
          FailingDriver.real?.createProgramWithSource(context, count, texts, lengths, status)
        }
      }
      functions.createKernel = { program, name, status in
        FailingDriver.object(status) { FailingDriver.real?.createKernel(program, name, status) }
      }
      functions.enqueueMapBuffer = { queue, memory, waits, flags, offset, size, count, list, event, status in
        FailingDriver.object(status) {
          FailingDriver.real?.enqueueMapBuffer(queue, memory, waits, flags, offset, size, count, list, event, status)
        }
      }
      functions.buildProgram = { program, count, devices, options, notify, data in
        FailingDriver.fault ?? FailingDriver.real?.buildProgram(program, count, devices, options, notify, data) ?? -1
      }
      functions.setKernelArg = { kernel, index, size, value in
        FailingDriver.fault ?? FailingDriver.real?.setKernelArg(kernel, index, size, value) ?? -1
      }
      functions.enqueueNDRangeKernel = { queue, kernel, rank, offset, global, local, count, list, event in
        FailingDriver.fault
          ?? FailingDriver.real?.enqueueNDRangeKernel(queue, kernel, rank, offset, global, local, count, list, event)
          ?? -1
      }
      functions.enqueueReadBuffer = { queue, memory, waits, offset, size, pointer, count, list, event in
        FailingDriver.fault
          ?? FailingDriver.real?.enqueueReadBuffer(queue, memory, waits, offset, size, pointer, count, list, event)
          ?? -1
      }
      functions.enqueueWriteBuffer = { queue, memory, waits, offset, size, pointer, count, list, event in
        FailingDriver.fault
          ?? FailingDriver.real?.enqueueWriteBuffer(queue, memory, waits, offset, size, pointer, count, list, event)
          ?? -1
      }
      functions.flush = { queue in FailingDriver.fault ?? FailingDriver.real?.flush(queue) ?? -1 }
      functions.finish = { queue in FailingDriver.fault ?? FailingDriver.real?.finish(queue) ?? -1 }
      functions.waitForEvents = { count, events in
        FailingDriver.fault ?? FailingDriver.real?.waitForEvents(count, events) ?? -1
      }
      return OpenCLLibrary(functions: functions)
    }
  }
#endif
