// Proposes the zone of this device where somebody may choose theirs. Without script they choose it.
const choice = document.querySelector("select[data-zone]");
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (choice && !choice.value && [...choice.options].some((option) => option.value === zone)) {
  choice.value = zone;
}
