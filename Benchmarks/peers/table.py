"""The table of `compare`, whose rows appear as they are measured."""


def digits(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


class Table:
    """One row per benchmark, one column per contestant, and the ratio of the first to the best of the others."""

    def __init__(self, rows: list[str], contestants: list[str], shown: bool):
        self.name_width = max((len(row) for row in rows), default=0)
        self.contestants, self.shown = contestants, shown
        self.widths = [max(10, len(name)) for name in contestants]

    def _show(self, name: str, unit: str, cells: list[str], ratio: str) -> None:
        if self.shown:
            numbers = "  ".join(cell.rjust(width) for cell, width in zip(cells, self.widths))
            print(f"{name:<{self.name_width}}  {unit:<9}  {numbers}  {ratio:>6}", flush=True)

    def begin(self) -> None:
        self._show("", "", self.contestants, "ratio")

    def add(self, name: str, unit: str, values: list[float | None], ratio: float | None) -> None:
        self._show(name, unit, [digits(value) for value in values], "–" if ratio is None else f"{ratio:.2f}")

    def end(self, remarks: list[str]) -> None:
        if self.shown and remarks:
            print("\nNo result:", *remarks, sep="\n  ")
