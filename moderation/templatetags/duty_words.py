"""The honest line about who is there, for every place where somebody writes."""

from typing import Any

from django import template

from moderation import duty

register = template.Library()


@register.inclusion_tag("moderation/_duty.html", takes_context=True)
def duty_line(context: dict[str, Any]) -> dict[str, Any]:
    """`{% duty_line %}` above a box: says that nobody is on duty, until when, and whom to call.

    Says nothing while somebody is. Costs one query.
    """
    member = context.get("member")
    resources = context.get("help_resources") or ()
    dial = next((one for one in resources if one.phone and not one.emergency), None)
    return {
        "duty": duty.now_of(member.clinic_id) if member is not None else None,
        "resource": dial or next((one for one in resources if one.phone), None),
    }
