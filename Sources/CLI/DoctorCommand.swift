import ArgumentParser
import Martlet
import MartletRecipes

/// Looks a recipe's data, network and loss over, as training does before its first epoch.
struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Look data, network and loss over before training.",
    discussion: """
      Unscaled, constant or missing inputs, classes without samples or very rare ones, samples on both sides of a split, a loss that \
      does not fit: each finding comes with a line of code. Training does the same and goes on looking after each epoch.

      Examples:
        martlet doctor weight-height
        martlet doctor titanic --data passengers.csv --json

      Exit code 0 also where something was found; --strict makes that 1.
      """)

  @Argument(
    help: "The recipe (see 'martlet train --list').", completion: .recipes, transform: Recipe.meant(onCommandLine:))
  var recipe: Recipe

  @OptionGroup var devices: DeviceOptions
  @OptionGroup var data: DataOptions

  @Option(help: "Decides made-up data and the samples held out.")
  var seed: UInt64 = 1

  @Flag(help: "Print one JSON object on standard output.")
  var json = false

  @Flag(help: "Exit with code 1 where something was found.")
  var strict = false

  private struct Report: Encodable {
    let recipe: String
    let findings: [Finding]
  }

  func run() throws {
    var settings = RunSettings(device: try devices.selected())
    settings.seed = seed
    settings.data = data.folder
    settings.limit = data.limit
    if !json { settings.note = { note($0) } }
    let findings = try recipe.task.examine(recipe.name, with: settings)
    if json {
      try writeJSON(Report(recipe: recipe.name, findings: findings), to: "-")
    } else if findings.isEmpty {
      print("nothing to object to")
    } else {
      for finding in findings { print("\(finding.concern.rawValue): \(finding)") }
    }
    if strict && !findings.isEmpty { throw ExitCode(1) }
  }
}
