"""Contract types that import-linter does not bring: an allow-list, and a fence by name."""

import sys

import grimp
from importlinter import Contract, ContractCheck, fields, output

__all__ = ["Fence", "OnlyExternal"]


def _inside(module: str, packages: list[str]) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


class _ListsImports(Contract):
    """A contract whose breaches are single imports, shown one per line."""

    def _result(self, breaches: list[tuple[str, str]]) -> ContractCheck:
        return ContractCheck(kept=not breaches, metadata={"breaches": sorted(breaches)})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for importer, imported in check.metadata["breaches"]:
            output.print_error(f"- {importer} -> {imported}", bold=False)
        output.new_line()


class OnlyExternal(_ListsImports):
    """The source modules import, of all that is outside the root package, stdlib and `allowed`."""

    type_name = "only_external"

    source_modules = fields.ListField(subfield=fields.StringField())
    allowed = fields.ListField(subfield=fields.StringField())

    def check(self, graph: grimp.ImportGraph, verbose: bool) -> ContractCheck:
        fine = {*self.session_options["root_packages"], *self.allowed, *sys.stdlib_module_names}
        return self._result(
            [
                (importer, imported)
                for source in self.source_modules
                for importer in (source, *graph.find_descendants(source))
                for imported in graph.find_modules_directly_imported_by(importer)
                if imported.split(".")[0] not in fine
            ]
        )


class Fence(_ListsImports):
    """
    Only `homes` import `packages`.

    Unlike `protected` it holds its ground before anybody imports the package and before the home
    is built.
    """

    type_name = "fence"

    packages = fields.ListField(subfield=fields.StringField())
    homes = fields.ListField(subfield=fields.StringField())

    def check(self, graph: grimp.ImportGraph, verbose: bool) -> ContractCheck:
        return self._result(
            [
                (importer, imported)
                for imported in graph.modules
                if _inside(imported, self.packages)
                for importer in graph.find_modules_that_directly_import(imported)
                if not _inside(importer, self.homes)
            ]
        )
