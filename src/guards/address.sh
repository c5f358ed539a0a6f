# Which repository a URL means: what all its spellings have in common, as src/git/identity.ts has it (a test holds one
# against the other). Everything here runs in a subshell with LC_ALL=C: ranges mean ASCII.

# Sets $address; empty: a URL of no kind we know.
address_of() {
  address= scheme= rest=$1
  case $1 in
    *://*)
      scheme=${1%%://*} rest=${1#*://}
      case $scheme in '' | [!A-Za-z]* | *[!A-Za-z0-9+.-]*) scheme= rest=$1 ;; esac
      ;;
  esac
  if [ -n "$scheme" ]; then
    lower "$scheme"
    case $lowered in
      file)
        case $rest in [lL][oO][cC][aA][lL][hH][oO][sS][tT]/*) rest=/${rest#*/} ;; esac
        decode "$rest"
        path_address "$decoded"
        ;;
      ssh | git+ssh | ssh+git) network_url 22 "$rest" ;;
      https) network_url 443 "$rest" ;;
      http) network_url 80 "$rest" ;;
      git) network_url 9418 "$rest" ;;
    esac
    return 0
  fi
  case $rest in
    '') ;;
    /*) path_address "$rest" ;;
    *::*)
      case ${rest%%::*} in *[!A-Za-z0-9+.-]*) shorthand "$rest" ;; esac
      ;;
    *) shorthand "$rest" ;;
  esac
}

# user@host:path, where a colon comes before the first slash; else a path.
shorthand() {
  case ${1%%/*} in
    *:*) ;;
    *)
      path_address "$1"
      return 0
      ;;
  esac
  host=$1
  case ${1%%:*} in *@*) host=${1#*@} ;; esac
  case $host in
    '['?*']:'*) network_address "${host%%]*}]" '' "${host#*]:}" ;;
    :*)
      case $1 in
        :*) path_address "$1" ;;
        *) network_address "${1%%:*}" '' "${1#*:}" ;;
      esac
      ;;
    *) network_address "${host%%:*}" '' "${host#*:}" ;;
  esac
}

# The default port of the scheme, and what follows ://
network_url() {
  authority=${2%%/*} path=
  case $2 in */*) path=/${2#*/} ;; esac
  authority=${authority##*@} port=
  case $authority in
    '['*']') host=$authority ;;
    '['*']':*) host=${authority%:*} port=${authority##*:} ;;
    *:*) host=${authority%%:*} port=${authority#*:} ;;
    *) host=$authority ;;
  esac
  case $port in *[!0-9]*) return 0 ;; esac
  [ "$port" = "$1" ] && port=
  decode "$path"
  network_address "$host" "$port" "$decoded"
}

# Host, port and path.
network_address() {
  lower "${1%.}"
  plain_path "$3"
  while [ "${plain#/}" != "$plain" ]; do plain=${plain#/}; done
  address=$lowered${2:+:$2}/$plain
}

# A folder by its real path; what is not there stays as it is spelled.
path_address() {
  folder=$1
  case $folder in
    '~/'*) folder=$HOME/${folder#'~/'} ;;
    /*) ;;
    *) folder=$PWD/$folder ;;
  esac
  for found in "$folder" "$folder.git" "${folder%/*}"; do
    real=$(CDPATH='' cd -- "$found" 2>/dev/null && pwd -P && echo .) || continue
    real=${real%?.}
    [ "$found" = "${folder%/*}" ] && [ "$found" != "$folder" ] && real=$real/${folder##*/}
    break
  done
  plain_path "${real:-$folder}"
  address=file:$plain
}

# Sets $plain: single slashes, none at the end, no .git.
plain_path() {
  plain=$1
  while [ "${plain#*//}" != "$plain" ]; do plain=${plain%%//*}/${plain#*//}; done
  plain=${plain%/}
  plain=${plain%/.git}
  plain=${plain%.git}
  plain=${plain%/}
}

# Sets $decoded: %41 is A. What is no such code stays.
decode() {
  decoded= coded=$1
  case $coded in
    *%*) ;;
    *)
      decoded=$coded
      return 0
      ;;
  esac
  while [ "${coded#*%}" != "$coded" ]; do
    decoded=$decoded${coded%%\%*} coded=${coded#*%}
    case $coded in
      [0-9A-Fa-f][0-9A-Fa-f]*)
        after=${coded#??}
        # The x keeps a newline at the end.
        byte=$(printf "\\$(printf '%03o' "0x${coded%"$after"}")x")
        decoded=$decoded${byte%x} coded=$after
        ;;
      *) decoded=$decoded% ;;
    esac
  done
  decoded=$decoded$coded
}

# Sets $lowered.
lower() {
  lowered=$1
  case $1 in *[A-Z]*) lowered=$(printf '%s' "$1" | tr A-Z a-z) ;; esac
}

# Whether a URL is the guarded repository's, or of a kind that cannot be told: then nobody may push main there.
is_guarded_url() {
  address_of "$1"
  [ -n "$address" ] || return 0
  is_guarded_address && return 0
  # A name of the person's own for a host (~/.ssh/config).
  case $1 in *://*) case $1 in [sS][sS][hH]://* | *[+][sS][sS][hH]://* | [sS][sS][hH][+]*) ;; *) return 1 ;; esac ;; esac
  case $address in file:*) return 1 ;; esac
  case $newline$guarded in *"/${address#*/}$newline"*) ;; *) return 1 ;; esac
  named=${address%%/*}
  known=$(ssh -G -- "${named%:*}" 2>/dev/null) || return 1
  known=${newline}$known
  case $known in *"${newline}hostname "*) ;; *) return 1 ;; esac
  known=${known#*"${newline}hostname "}
  address=${known%%"$newline"*}/${address#*/}
  is_guarded_address
}

# One address a line in $guarded.
is_guarded_address() {
  case $newline$guarded in *"$newline$address$newline"*) ;; *) return 1 ;; esac
}
