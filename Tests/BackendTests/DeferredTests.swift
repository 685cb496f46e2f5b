import Foundation
import MartletBackend
import Synchronization
import Testing

@Suite("Deferred") struct DeferredTests {
  @Test("is made by whoever takes it, if nobody has begun")
  func taking() {
    let value = Deferred { ObjectIdentifier(Thread.current) }
    #expect(value.take() == ObjectIdentifier(Thread.current))
  }

  @Test("is made once, whoever comes first")
  func once() async {
    for _ in 0..<200 {
      let calls = Atomic<Int>(0)
      await withTaskGroup(of: Void.self) { group in
        let value = Deferred { calls.wrappingAdd(1, ordering: .relaxed).newValue }
        for _ in 0..<3 { group.addTask { value.perform() } }
        #expect(value.take() == 1)
      }
      #expect(calls.load(ordering: .relaxed) == 1)
    }
  }

  @Test("lets go of what it was made from")
  func memory() {
    final class Source: Sendable {}
    weak var seen: Source?
    let value = {
      let source = Source()
      seen = source
      return Deferred { ObjectIdentifier(source) }
    }()
    #expect(seen != nil)
    _ = value.take()
    #expect(seen == nil)
  }
}
